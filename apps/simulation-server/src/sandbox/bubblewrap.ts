import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlGroups } from './control-groups.js'
import { rlimitArguments } from './limits.js'
import type { Runtimes } from './runtimes.js'
import { killProcessGroup, type LaunchPlan, type Sandbox, type SandboxedProcess, wrapChild } from './sandbox.js'
import { compileSeccompFilter } from './seccomp.js'
import { runsAsRoot, uidOfSlot } from './slot-uid.js'

/**
 * Programs in their own namespaces by bubblewrap: no network, an empty root with /usr read-only, a private folder of
 * limited size, no capabilities, a system call filter, and resource limits. When the server runs as root, each program
 * runs under a uid of its own slot: real root is exempt from the process limit, and two programs under one uid would
 * share it.
 */
export class BubblewrapSandbox implements Sandbox {
  readonly driver = 'bubblewrap'
  private readonly filterPath: string

  /** @param stageDir a folder of this server that sandboxed uids may enter; the filter is kept there. */
  constructor(
    private readonly bubblewrap: string,
    private readonly runtimes: Runtimes,
    stageDir: string,
    private readonly groups: ControlGroups | undefined,
  ) {
    this.filterPath = join(stageDir, 'seccomp.bpf')
    writeFileSync(this.filterPath, compileSeccompFilter({ sockets: 'none' }))
  }

  inside(_plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    return insidePath
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    const filter = openSync(this.filterPath, 'r')
    const group = this.groups?.create(plan.limits)
    try {
      const child = spawn('/usr/bin/env', ['-i', ...(group?.prefix ?? []), ...this.command(plan)], {
        // Only the launcher's environment is empty too: bubblewrap is PID 1 inside and /proc/1/environ is readable.
        env: {},
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', filter],
        // A session of its own: no terminal to write into, and a turn at the processor behind the server's.
        detached: true,
      })
      const started = wrapChild(child, () => killProcessGroup(child.pid))
      if (group) void started.exited.then(() => group.remove())
      return started
    } finally {
      closeSync(filter)
    }
  }

  private command(plan: LaunchPlan): string[] {
    const { limits } = plan
    const uid = String(uidOfSlot(plan.slot))
    const bytes = (mebibytes: number) => String(mebibytes * 1024 * 1024)
    const rlimits = rlimitArguments(plan.runtime, limits)
    const processes = `--nproc=${limits.processes}`
    const toSlot = ['/usr/bin/setpriv', '--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs']
    const before = runsAsRoot
      ? ['/usr/bin/prlimit', ...rlimits, processes, ...toSlot]
      : ['/usr/bin/prlimit', ...rlimits]
    // Not root: the user's other programs count too, unless the limit is set inside the new user namespace.
    const after = runsAsRoot ? [] : ['/usr/bin/prlimit', processes]

    const mounts = ['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib']
    if (existsSync('/lib64')) mounts.push('--symlink', 'usr/lib64', '/lib64')
    mounts.push('--proc', '/proc', '--dev', '/dev')
    // bubblewrap's /dev is a tmpfs without a size: /dev/shm could eat the machine's memory.
    mounts.push('--size', '1048576', '--tmpfs', '/dev/shm', '--remount-ro', '/dev')
    mounts.push('--size', bytes(limits.diskMiB), '--tmpfs', '/work')
    mounts.push('--size', '1048576', '--tmpfs', '/tmp')
    for (const [outside, inside] of Object.entries(plan.readOnly)) mounts.push('--ro-bind', outside, inside)
    for (const file of this.runtimes.shown) mounts.push('--ro-bind', file, file)
    mounts.push('--remount-ro', '/')

    const environment = { PATH: '/usr/bin', HOME: '/work', ...plan.env }
    const runtime = plan.runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? '/usr/bin/python3')
    return [
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
