import { readdirSync, readFileSync } from 'node:fs'

/** What a program and everything it started use. */
export interface ProcessUsage {
  /** Processor time since the start, with that of children which have ended and were waited for. */
  readonly cpuSeconds: number
  /** Resident memory of all its processes together, shared pages counted in each. */
  readonly residentMiB: number
  readonly processes: number
}

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on, whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100
let pageBytes: number | undefined

interface Entry {
  readonly parent: number
  readonly ticks: number
  readonly pages: number
}

/**
 * What each of the programs uses, by the pid of its outermost process, from one pass over /proc: the cost grows with the
 * processes of the machine and not with the programs asked for. Programs that have ended are missing in the answer; on a
 * machine without /proc all are.
 */
export function measureUsage(roots: readonly number[]): Map<number, ProcessUsage> {
  const entries = readProcesses()
  const children = new Map<number, number[]>()
  for (const [pid, { parent }] of entries) {
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  const usages = new Map<number, ProcessUsage>()
  for (const root of roots) {
    if (!entries.has(root)) continue
    let ticks = 0
    let pages = 0
    const family = [root]
    for (let i = 0; i < family.length; i++) {
      const pid = family[i]!
      const entry = entries.get(pid)!
      ticks += entry.ticks
      pages += entry.pages
      family.push(...(children.get(pid) ?? []))
    }
    usages.set(root, {
      cpuSeconds: ticks / TICKS_PER_SECOND,
      residentMiB: (pages * pageSize(entries)) / 1024 / 1024,
      processes: family.length,
    })
  }
  return usages
}

/** Bytes of a memory page, 4096 on most machines: from what both Node and /proc say of this process. */
function pageSize(entries: ReadonlyMap<number, Entry>): number {
  const pages = entries.get(process.pid)?.pages
  if (pageBytes === undefined && pages) pageBytes = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
  return pageBytes ?? 4096
}

function readProcesses(): Map<number, Entry> {
  const entries = new Map<number, Entry>()
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return entries
  }
  for (const name of names) {
    const first = name.charCodeAt(0)
    if (first < 48 || first > 57) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      // The name in parentheses may have blanks and parentheses itself; fields are counted from behind it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const number = (index: number) => Number(fields[index])
      // utime, stime, cutime, cstime; rss in pages.
      const ticks = number(11) + number(12) + number(13) + number(14)
      entries.set(Number(name), { parent: number(1), ticks, pages: number(21) })
    } catch {
      // It ended while we looked.
    }
  }
  return entries
}
