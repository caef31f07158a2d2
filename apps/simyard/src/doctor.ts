import { accessSync, constants, existsSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import {
  ControlGroups,
  findPython,
  findTool,
  openSandbox,
  type SelfTestReport,
  Stage,
  sandboxProblem,
  selfTest,
} from '@simyard/simulation-server'
import type { Arguments } from './arguments.js'
import { layout, missingBuilds } from './layout.js'

interface Finding {
  readonly name: string
  readonly state: 'ok' | 'missing' | 'limited'
  readonly text: string
}

/** Says what this machine has and what is missing, and tries the sandbox. Returns whether Simyard can serve at all. */
export async function doctor(parsed: Arguments): Promise<boolean> {
  const builds = missingBuilds()
  const test = builds.length === 0 ? await tryToBreakOut(parsed) : undefined
  const findings = [...examine(builds), ...(test ? [selfTestFinding(test)] : [])]
  const marks = { ok: '✓', missing: '✗', limited: '!' } as const
  for (const { name, state, text } of findings) process.stdout.write(`${marks[state]} ${name.padEnd(18)} ${text}\n`)
  for (const { attempt, expected, result, detail } of test?.attempts ?? []) {
    if (result === expected) continue
    process.stdout.write(`    ${attempt}: ${result}, should be ${expected}${detail ? ` (${detail})` : ''}\n`)
  }
  const missing = findings.filter(({ state }) => state === 'missing')
  process.stdout.write(
    missing.length === 0
      ? '\nSimyard can run here.\n'
      : `\nSimyard cannot run here yet: ${missing.map(({ name }) => name).join(', ')}.\n`,
  )
  return missing.length === 0
}

/** Runs the attempts to break out in the sandbox that a server here would use; undefined when there is none to try. */
async function tryToBreakOut(parsed: Arguments): Promise<SelfTestReport | undefined> {
  const { simulatorDir, pythonDir, javascriptDir } = layout
  const stage = new Stage({ simulatorDir, pythonDir, javascriptDir })
  try {
    const opened = openSandbox({ stageDir: stage.root, driver: parsed.sandbox })
    return opened.report.driver === 'none' ? undefined : await selfTest(opened)
  } finally {
    stage.remove()
  }
}

function selfTestFinding({ safe, summary, durationMs }: SelfTestReport): Finding {
  const text = summary.replace('Self-test: ', '')
  return { name: 'Self-test', state: safe ? 'ok' : 'limited', text: `${text} (${(durationMs / 1000).toFixed(1)} s)` }
}

function examine(builds: readonly string[]): Finding[] {
  const problem = sandboxProblem('bubblewrap')
  const others = (['firejail', 'docker'] as const).filter((driver) => !sandboxProblem(driver))
  const python = findPython()
  const git = findTool('git')
  const cores = cpus().length
  return [
    nodeFinding(),
    {
      name: 'Build',
      state: builds.length === 0 ? 'ok' : 'missing',
      text:
        builds.length === 0 ? 'complete' : `not built: run npm start, or npm run build (missing ${builds.join(', ')})`,
    },
    {
      name: 'Sandbox',
      state: problem ? 'limited' : 'ok',
      text: problem
        ? `programs would run with your rights: ${problem}${others.length > 0 ? `; here also works: --sandbox ${others.join(' or ')}` : ''}`
        : `bubblewrap works: programs are confined${others.length > 0 ? ` (also here: ${others.join(', ')})` : ''}`,
    },
    {
      name: 'Control groups',
      state: ControlGroups.open() ? 'ok' : 'limited',
      text: ControlGroups.open()
        ? 'memory and processes of a whole program are capped'
        : 'none that may be used: memory is limited for each process, not for a whole program',
    },
    {
      name: 'Python',
      state: python ? 'ok' : 'limited',
      text: python ? python : 'no python3: only JavaScript controllers run (Debian, Ubuntu: apt install python3)',
    },
    {
      name: 'git',
      state: git ? 'ok' : 'limited',
      text: git ? git : 'no git: projects of repositories cannot be fetched (Debian, Ubuntu: apt install git)',
    },
    {
      name: 'Process limits',
      state: existsSync('/usr/bin/prlimit') && existsSync('/usr/bin/setpriv') ? 'ok' : 'limited',
      text: 'prlimit and setpriv (Debian, Ubuntu: package util-linux)',
    },
    {
      name: 'Machine',
      state: 'ok',
      text: `${cores} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB: about ${cores * 8} simulations at the same time`,
    },
    temporaryFolderFinding(),
  ]
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const enough = major > 20 || (major === 20 && minor >= 19)
  return {
    name: 'Node.js',
    state: enough ? 'ok' : 'missing',
    text: `${process.version}${enough ? '' : ': 20.19 or newer is needed'}`,
  }
}

function temporaryFolderFinding(): Finding {
  try {
    accessSync(tmpdir(), constants.W_OK)
    return { name: 'Temporary folder', state: 'ok', text: `${tmpdir()} can be written` }
  } catch {
    return {
      name: 'Temporary folder',
      state: 'missing',
      text: `${tmpdir()} cannot be written; set TMPDIR to a folder that can`,
    }
  }
}
