import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Runtimes } from './runtimes.js'
import { type LaunchPlan, type Sandbox, type SandboxedProcess, wrapChild } from './sandbox.js'
import { compileSeccompFilter } from './seccomp.js'

/**
 * First uid of this server's slots; each running program has one of its own, because process limits count per uid.
 * Servers that run side by side on one machine begin at different uids for the same reason.
 */
const FIRST_SLOT_UID = 20_000 + (process.pid % 400) * 100

/**
 * Programs in their own namespaces by bubblewrap: no network, an empty root with /usr read-only, a private folder of
 * limited size, no capabilities, a system call filter, and resource limits. When the server runs as root, each program
 * runs under a uid of its own slot: real root is exempt from the process limit, and two programs under one uid would
 * share it.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly driver = 'bubblewrap'
  private readonly filterPath: string
  private readonly isRoot = process.getuid?.() === 0

  /** @param stageDir a folder of this server that sandboxed uids may enter; the filter is kept there. */
  constructor(
    private readonly bubblewrap: string,
    private readonly runtimes: Runtimes,
    stageDir: string,
  ) {
    this.filterPath = join(stageDir, 'seccomp.bpf')
    writeFileSync(this.filterPath, compileSeccompFilter({ sockets: 'none' }))
  }

  inside(_plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    return insidePath
  }

  uidOf(slot: number): number {
    return FIRST_SLOT_UID + slot
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    const filter = openSync(this.filterPath, 'r')
    try {
      const child = spawn('/usr/bin/env', this.command(plan), {
        // Only the launcher's environment is empty too: bubblewrap is PID 1 inside and /proc/1/environ is readable.
        env: {},
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', filter],
      })
      return wrapChild(child, () => child.kill('SIGKILL'))
    } finally {
      closeSync(filter)
    }
  }

  private command(plan: LaunchPlan): string[] {
    const { limits } = plan
    const uid = String(this.uidOf(plan.slot))
    const bytes = (mebibytes: number) => String(mebibytes * 1024 * 1024)
    // RLIMIT_AS breaks WebAssembly in Node, which reserves gigabytes; its data segment is limited instead.
    const memory = plan.runtime === 'node' ? `--data=${bytes(limits.memoryMiB)}` : `--as=${bytes(limits.memoryMiB)}`
    const rlimits = [memory, `--fsize=${bytes(limits.fileMiB)}`, `--nofile=${limits.openFiles}`]
    rlimits.push(`--cpu=${limits.cpuSeconds}`, '--core=0')
    const processes = `--nproc=${limits.processes}`

    const before = this.isRoot
      ? [
          '/usr/bin/prlimit',
          ...rlimits,
          processes,
          '/usr/bin/setpriv',
          '--reuid',
          uid,
          '--regid',
          uid,
          '--clear-groups',
          '--no-new-privs',
        ]
      : ['/usr/bin/prlimit', ...rlimits]
    // Not root: the user's other programs count too, unless the limit is set inside the new user namespace.
    const after = this.isRoot ? [] : ['/usr/bin/prlimit', processes]

    const mounts = ['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib']
    if (existsSync('/lib64')) mounts.push('--symlink', 'usr/lib64', '/lib64')
    mounts.push('--proc', '/proc', '--dev', '/dev')
    // bubblewrap's /dev is a tmpfs without a size: /dev/shm could eat the machine's memory.
    mounts.push('--size', '1048576', '--tmpfs', '/dev/shm', '--remount-ro', '/dev')
    mounts.push('--size', bytes(limits.diskMiB), '--tmpfs', '/work')
    mounts.push('--size', '1048576', '--tmpfs', '/tmp')
    for (const [outside, inside] of Object.entries(plan.readOnly)) mounts.push('--ro-bind', outside, inside)
    mounts.push('--remount-ro', '/')

    const environment = { PATH: '/usr/bin', HOME: '/work', ...plan.env }
    const runtime = plan.runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? '/usr/bin/python3')
    return [
      '-i',
      ...before,
      this.bubblewrap,
      '--unshare-user',
      '--unshare-all',
      '--disable-userns',
      '--uid',
      uid,
      '--gid',
      uid,
      '--die-with-parent',
      '--new-session',
      '--hostname',
      'sandbox',
      '--clearenv',
      ...Object.entries(environment).flatMap(([key, value]) => ['--setenv', key, value]),
      ...mounts,
      '--chdir',
      plan.cwd,
      '--cap-drop',
      'ALL',
      '--seccomp',
      '4',
      '--',
      ...after,
      runtime,
      ...plan.args,
    ]
  }
}
