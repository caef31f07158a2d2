import { spawnSync } from 'node:child_process'
import { BubblewrapSandbox } from './bubblewrap.js'
import { NoSandbox } from './none.js'
import { findBubblewrap, findPython, type Runtimes } from './runtimes.js'
import type { Sandbox } from './sandbox.js'
import { seccompSupported } from './seccomp.js'

export interface SandboxReport {
  readonly driver: 'bubblewrap' | 'none'
  /** Whether strangers' programs may run here. */
  readonly safe: boolean
  /** A sentence for operators and for the page. */
  readonly message: string
  readonly python: string | undefined
  readonly runsAsRoot: boolean
}

export interface OpenSandbox {
  readonly sandbox: Sandbox
  readonly report: SandboxReport
}

/** Finds out what this machine can do and takes the best: bubblewrap when it really works, else none, with the reason. */
export function openSandbox(options: {
  stageDir: string
  driver?: 'auto' | 'bubblewrap' | 'none'
  nodePath?: string
}): OpenSandbox {
  const python = findPython()
  const runtimes: Runtimes = { node: options.nodePath ?? process.execPath, python }
  const runsAsRoot = process.getuid?.() === 0
  const problem = options.driver === 'none' ? 'it was switched off (--sandbox none)' : bubblewrapProblem()
  if (!problem) {
    const path = findBubblewrap()!
    const report: SandboxReport = {
      driver: 'bubblewrap',
      safe: true,
      message:
        'Programs run in a sandbox (bubblewrap): no network, no files but their own, limited memory and processes.',
      python,
      runsAsRoot,
    }
    return { sandbox: new BubblewrapSandbox(path, runtimes, options.stageDir), report }
  }
  return {
    sandbox: new NoSandbox(runtimes),
    report: {
      driver: 'none',
      safe: false,
      message: `Programs run WITHOUT a sandbox, with your rights, because ${problem}. Open only projects that you trust.`,
      python,
      runsAsRoot,
    },
  }
}

/** Why bubblewrap cannot be used, or undefined when a trial run succeeds. */
export function bubblewrapProblem(): string | undefined {
  if (process.platform !== 'linux') return 'bubblewrap needs Linux'
  const path = findBubblewrap()
  if (!path) return 'bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)'
  if (!seccompSupported()) return `there is no system call filter for ${process.arch}`
  const trial = spawnSync(
    path,
    [
      '--unshare-user',
      '--unshare-all',
      '--disable-userns',
      '--die-with-parent',
      '--ro-bind',
      '/usr',
      '/usr',
      '--symlink',
      'usr/bin',
      '/bin',
      '--symlink',
      'usr/lib',
      '/lib',
      '--symlink',
      'usr/lib64',
      '/lib64',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      '--',
      '/usr/bin/true',
    ],
    { encoding: 'utf8', timeout: 5000 },
  )
  if (trial.status === 0) return undefined
  const said = (trial.stderr || trial.error?.message || 'it failed without a word').trim().split('\n')[0]
  return `bubblewrap does not work here (${said}); inside a container it needs user namespaces (for Docker: --security-opt seccomp=unconfined)`
}
