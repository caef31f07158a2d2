import { accessSync, constants, existsSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { bubblewrapProblem, findPython, findTool } from '@simyard/simulation-server'
import { missingBuilds } from './layout.js'

interface Finding {
  readonly name: string
  readonly state: 'ok' | 'missing' | 'limited'
  readonly text: string
}

/** Says what this machine has and what is missing. Returns whether Simyard can serve at all. */
export function doctor(): boolean {
  const findings = examine()
  const marks = { ok: '✓', missing: '✗', limited: '!' } as const
  for (const { name, state, text } of findings) process.stdout.write(`${marks[state]} ${name.padEnd(18)} ${text}\n`)
  const missing = findings.filter(({ state }) => state === 'missing')
  process.stdout.write(
    missing.length === 0
      ? '\nSimyard can run here.\n'
      : `\nSimyard cannot run here yet: ${missing.map(({ name }) => name).join(', ')}.\n`,
  )
  return missing.length === 0
}

function examine(): Finding[] {
  const problem = bubblewrapProblem()
  const python = findPython()
  const git = findTool('git')
  const builds = missingBuilds()
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
      text: problem ? `programs would run with your rights: ${problem}` : 'bubblewrap works: programs are confined',
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
