import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { SandboxLimits } from './limits.js'

const PREFIX = 'simyard-'
/** Beside memory and private folder: what interpreters map before the program's first line. */
const SPARE_MIB = 32
const REMOVE_EVERY_MS = 100
const REMOVE_TRIES = 50

/** Counts the groups of this process, whoever makes them. */
let made = 0

/** A group that a program enters before its first instruction, so that nothing it starts is outside. */
export interface ControlGroup {
  /** Goes before a command: enters the group, then becomes the command. */
  readonly prefix: readonly string[]
  /** Removes the group as soon as its last process has gone. */
  remove(): void
}

/**
 * Hard caps for all processes of one program together, on top of the limits that the kernel counts for each process or
 * uid: memory with what lies in the private folder, and the number of processes and threads. Version 1 of the kernel's
 * control groups, below the server's own group, so that the server's limits go on to hold.
 */
export class ControlGroups {
  private constructor(
    private readonly memoryDir: string,
    private readonly pidsDir: string,
  ) {
    this.removeLeftovers()
  }

  /** undefined when this machine has none that the server may use; the limits of each process hold all the same. */
  static open(): ControlGroups | undefined {
    const memory = ownGroup('memory')
    const pids = ownGroup('pids')
    if (!memory || !pids) return undefined
    const groups = new ControlGroups(memory, pids)
    try {
      groups.create({ memoryMiB: 32, processes: 1, fileMiB: 1, diskMiB: 1, openFiles: 8, cpuSeconds: 1 }).remove()
      return groups
    } catch {
      return undefined
    }
  }

  create(limits: SandboxLimits): ControlGroup {
    const name = `${PREFIX}${process.pid}-${made++}`
    const memory = join(this.memoryDir, name)
    const pids = join(this.pidsDir, name)
    const bytes = String((limits.memoryMiB + limits.diskMiB + SPARE_MIB) * 1024 * 1024)
    mkdirSync(memory)
    mkdirSync(pids)
    writeFileSync(join(memory, 'memory.limit_in_bytes'), bytes)
    const withSwap = join(memory, 'memory.memsw.limit_in_bytes')
    if (existsSync(withSwap)) writeFileSync(withSwap, bytes)
    // The launchers in front of the program are processes too, for a moment.
    writeFileSync(join(pids, 'pids.max'), String(limits.processes + 4))
    const enter = 'echo 0 > "$1/cgroup.procs" && echo 0 > "$2/cgroup.procs" && shift 2 && exec "$@"'
    return {
      prefix: ['/bin/sh', '-c', enter, 'sh', memory, pids],
      remove: () => removeWhenEmpty([memory, pids]),
    }
  }

  /** Groups of servers that were killed. */
  private removeLeftovers(): void {
    for (const folder of [this.memoryDir, this.pidsDir]) {
      for (const name of readdirSync(folder)) {
        const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
        if (!pid || existsSync(`/proc/${pid}`)) continue
        endProcesses(join(folder, name))
        removeWhenEmpty([join(folder, name)])
      }
    }
  }
}

/** The folder of the group that this process is in, when groups may be made there. */
function ownGroup(controller: string): string | undefined {
  try {
    const mount = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' - '))
      .find(([, what = '']) => what.startsWith('cgroup ') && what.split(' ')[2]?.split(',').includes(controller))
    const point = mount?.[0]?.split(' ')[4]
    if (!point) return undefined
    const line = readFileSync('/proc/self/cgroup', 'utf8')
      .split('\n')
      .map((entry) => entry.split(':'))
      .find(([, controllers]) => controllers?.split(',').includes(controller))
    const inside = join(point, line?.[2] ?? '')
    // In a container the path is that of the host and the mount is already the container's own group.
    const folder = existsSync(inside) ? inside : point
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return undefined
  }
}

/** Ends what is left of a program whose server has gone. */
function endProcesses(group: string): void {
  try {
    for (const line of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n')) {
      // 0 stands for processes of other namespaces, and would be all of ours.
      if (Number(line) > 1) process.kill(Number(line), 'SIGKILL')
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // They have ended by themselves, or with another one that was ended.
    if (code !== 'ESRCH' && code !== 'ENOENT' && code !== 'ENODEV') throw error
  }
}

function removeWhenEmpty(folders: readonly string[], tries = REMOVE_TRIES): void {
  const left = folders.filter((folder) => {
    try {
      rmdirSync(folder)
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EBUSY'
    }
  })
  if (left.length > 0 && tries > 0) setTimeout(() => removeWhenEmpty(left, tries - 1), REMOVE_EVERY_MS).unref()
}
