import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { PassThrough, type Readable } from 'node:stream'
import type { ControlGroups } from './control-groups.js'
import { rlimitArguments } from './limits.js'
import { outsidePath, type Runtimes } from './runtimes.js'
import { killProcessGroup, type LaunchPlan, type Sandbox, type SandboxedProcess, wrapChild } from './sandbox.js'
import { deniedSystemCalls } from './seccomp.js'
import { runsAsRoot, uidOfSlot } from './slot-uid.js'

const FIREJAIL = '/usr/bin/firejail'
/** Folders of the root that a program sees; all others are hidden one by one. /etc is replaced by an almost empty one. */
const VISIBLE = new Set(['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin', 'usr', 'proc', 'dev', 'tmp', 'etc', 'run'])

/** Why firejail cannot be used, or undefined when a trial run succeeds. */
export function firejailProblem(stageDir = tmpdir()): string | undefined {
  if (process.platform !== 'linux') return 'firejail needs Linux'
  if (!existsSync(FIREJAIL)) return 'firejail is not installed (Debian, Ubuntu: apt install firejail)'
  if (!existsSync('/usr/bin/setpriv')) return 'setpriv is missing (Debian, Ubuntu: package util-linux)'
  if (!stageDir.startsWith('/tmp'))
    return `firejail can show programs what lies in /tmp, and not ${stageDir}: set TMPDIR=/tmp`
  const trial = spawnSync(FIREJAIL, ['--quiet', '--noprofile', '--net=none', '--keep-fd=3', '--', '/usr/bin/true'], {
    encoding: 'utf8',
    timeout: 5000,
    env: {},
  })
  if (trial.status === 0) return undefined
  const said = (trial.stderr || trial.error?.message || 'it failed without a word').trim().split('\n')[0]
  return `firejail does not work here (${said}); version 0.9.72 or newer is needed`
}

/**
 * Programs by firejail, for machines where bubblewrap cannot be had. Weaker: the root stays the machine's own with most
 * of it hidden, and there is no private folder of limited size, so that programs get no folder that they may write.
 * Paths are those outside: firejail hides and does not move.
 */
export class FirejailSandbox implements Sandbox {
  readonly driver = 'firejail'
  private readonly hidden: readonly string[]

  constructor(
    private readonly runtimes: Runtimes,
    private readonly groups: ControlGroups | undefined,
  ) {
    const hide = (folder: string, keep: (name: string) => boolean) =>
      readdirSync(folder)
        .filter((name) => !keep(name))
        .map((name) => `--blacklist=${folder === '/' ? '' : folder}/${name}`)
    this.hidden = [
      ...hide('/', (name) => VISIBLE.has(name)),
      ...hide('/run', (name) => name === 'firejail'),
      '--blacklist=/dev/shm',
    ]
  }

  inside(plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    return outsidePath(plan, insidePath)
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    const group = this.groups?.create(plan.limits)
    const child = spawn('/usr/bin/env', ['-i', ...(group?.prefix ?? []), ...this.command(plan)], {
      env: {},
      cwd: '/',
      // firejail itself talks on its stderr; the program's is descriptor 4.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const stderr = new PassThrough()
    ;(child.stdio[4] as Readable | undefined)?.pipe(stderr)
    let complaints = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-4000)
    })
    const started = wrapChild(
      child,
      () => {
        // Not `child.kill`: firejail passes some signals on, and its own end must take everything along.
        killProcessGroup(child.pid)
      },
      stderr,
    )
    void started.exited.then(({ exitCode }) => {
      group?.remove()
      const errors = complaints.split('\n').filter((line) => line.startsWith('Error'))
      if (exitCode !== 0 && errors.length > 0 && !stderr.writableEnded) stderr.write(`${errors.join('\n')}\n`)
    })
    return started
  }

  private command(plan: LaunchPlan): string[] {
    const translate = (text: string) => this.inside(plan, text)
    const uid = String(uidOfSlot(plan.slot))
    const runtime = plan.runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? '/usr/bin/python3')
    const environment = { PATH: '/usr/bin', HOME: '/tmp', ...plan.env }
    const calls = Object.values(deniedSystemCalls()).map((number) => `$${number}`)
    const processes = `--nproc=${plan.limits.processes}`
    // firejail as root, and the program below it as the slot: firejail wants a user that the password file knows.
    const toSlot = ['--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
    // Not root: set inside the new user namespace, the limit counts this program's processes and no other's.
    const last = runsAsRoot
      ? ['/usr/bin/setpriv', ...toSlot, '--inh-caps=-all']
      : ['/usr/bin/prlimit', processes, '/usr/bin/setpriv', '--no-new-privs']
    return [
      '/usr/bin/prlimit',
      ...rlimitArguments(plan.runtime, plan.limits),
      ...(runsAsRoot ? [processes] : []),
      ...withServer(),
      FIREJAIL,
      '--quiet',
      '--noprofile',
      '--net=none',
      '--ipc-namespace',
      '--hostname=sandbox',
      '--private',
      '--private-dev',
      '--private-etc=ld.so.cache',
      '--nodbus',
      '--x11=none',
      '--restrict-namespaces',
      '--protocol=unix',
      `--seccomp=${calls.join(',')}`,
      ...(runsAsRoot ? ['--caps.keep=setuid,setgid,setpcap'] : ['--caps.drop=all', '--noroot']),
      '--deterministic-exit-code',
      '--keep-fd=3,4',
      ...this.hidden,
      ...[...Object.keys(plan.readOnly), ...this.runtimes.shown].map((outside) => `--whitelist=${outside}`),
      '--read-only=/tmp',
      `--private-cwd=${translate(plan.cwd)}`,
      '--',
      '/bin/sh',
      '-c',
      'exec "$@" 2>&4 4>&-',
      'sh',
      ...last,
      '/usr/bin/env',
      '-i',
      ...Object.entries(environment).map(([key, value]) => `${key}=${translate(value)}`),
      runtime,
      ...plan.args.map(translate),
    ]
  }
}

/**
 * In front of firejail: ends it when the server dies. The kernel forgets that wish when a program with the setuid bit is
 * executed by another user than root; then a shell that stays in front kills the whole process group.
 */
function withServer(): readonly string[] {
  if (runsAsRoot) return ['/usr/bin/setpriv', '--pdeathsig', 'KILL']
  return ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '/bin/sh', '-c', 'trap "kill -KILL 0" TERM; "$@" & wait $!', 'sh']
}
