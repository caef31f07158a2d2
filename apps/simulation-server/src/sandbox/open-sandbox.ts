import { spawnSync } from 'node:child_process'
import { BubblewrapSandbox } from './bubblewrap.js'
import { ControlGroups } from './control-groups.js'
import { type DockerOptions, DockerSandbox, dockerProblem } from './docker.js'
import { FirejailSandbox, firejailProblem } from './firejail.js'
import { NoSandbox } from './none.js'
import { findBubblewrap, findPython, sandboxRuntimes } from './runtimes.js'
import type { Sandbox, SandboxDriver } from './sandbox.js'
import { seccompSupported } from './seccomp.js'
import { runsAsRoot } from './slot-uid.js'

export interface SandboxReport {
  readonly driver: SandboxDriver
  /** Whether strangers' programs may run here. */
  readonly safe: boolean
  /** A sentence for operators and for the page. */
  readonly message: string
  readonly python: string | undefined
  readonly runsAsRoot: boolean
  /** Whether memory and processes of a whole program are capped, beside those of each of its processes. */
  readonly hardCaps: boolean
}

export interface OpenSandbox {
  readonly sandbox: Sandbox
  readonly report: SandboxReport
  readonly stageDir: string
}

export interface SandboxOptions {
  /** A folder of this server that sandboxed uids may enter. */
  readonly stageDir: string
  readonly driver?: 'auto' | SandboxDriver
  readonly nodePath?: string
  readonly docker?: DockerOptions
}

const PROTECTION: Readonly<Record<Exclude<SandboxDriver, 'none'>, string>> = {
  bubblewrap:
    'Programs run in a sandbox (bubblewrap): no network, no files but their own, limited memory and processes.',
  firejail:
    'Programs run in a sandbox (firejail): no network, no files but their own and none to write, limited memory and processes.',
  docker:
    'Programs run in containers (Docker): no network, no files but their own, limited memory, processes and processor.',
}

/** Finds out what this machine can do and takes the best: bubblewrap when it really works, else none, with the reason. */
export function openSandbox(options: SandboxOptions): OpenSandbox {
  const python = findPython()
  const node = options.nodePath ?? process.execPath
  const wanted = options.driver === undefined || options.driver === 'auto' ? 'bubblewrap' : options.driver
  const problem = sandboxProblem(wanted, options)
  const common = { python, runsAsRoot }
  const { stageDir } = options
  if (wanted === 'none' || problem) {
    const message = `Programs run WITHOUT a sandbox, with your rights, because ${problem}. Open only projects that you trust.`
    const report: SandboxReport = { driver: 'none', safe: false, message, hardCaps: false, ...common }
    return { sandbox: new NoSandbox({ node, python, shown: [] }), report, stageDir }
  }
  const runtimes = sandboxRuntimes(node, python, stageDir)
  const groups = wanted === 'docker' ? undefined : ControlGroups.open()
  const hardCaps = wanted === 'docker' || groups !== undefined
  const report: SandboxReport = { driver: wanted, safe: true, message: PROTECTION[wanted], hardCaps, ...common }
  switch (wanted) {
    case 'bubblewrap':
      return { sandbox: new BubblewrapSandbox(findBubblewrap()!, runtimes, stageDir, groups), report, stageDir }
    case 'firejail':
      return { sandbox: new FirejailSandbox(runtimes, groups), report, stageDir }
    case 'docker':
      return { sandbox: new DockerSandbox(options.docker ?? {}, runtimes, stageDir), report, stageDir }
  }
}

/** Why a driver cannot be used, or undefined when it can. */
export function sandboxProblem(
  driver: SandboxDriver,
  options: Partial<Pick<SandboxOptions, 'docker' | 'stageDir'>> = {},
): string | undefined {
  switch (driver) {
    case 'bubblewrap':
      return bubblewrapProblem()
    case 'firejail':
      return firejailProblem(options.stageDir)
    case 'docker':
      return dockerProblem(options.docker?.socketPath)
    case 'none':
      return 'it was switched off (--sandbox none)'
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
