import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** The processes of this machine, from /proc. */
export function processTable(): ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1])
      const state = status.slice(status.lastIndexOf(')') + 2, status.lastIndexOf(')') + 3)
      if (state === 'Z') continue
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      entries.push({ pid: Number(name), parent, command })
    } catch {
      // It ended while we looked.
    }
  }
  return entries
}

/** Everything that descends from a process, however deep. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const table = processTable()
  const found: ProcessEntry[] = []
  const parents = new Set([pid])
  for (let grown = true; grown; ) {
    grown = false
    for (const entry of table) {
      if (!parents.has(entry.parent) || parents.has(entry.pid)) continue
      parents.add(entry.pid)
      found.push(entry)
      grown = true
    }
  }
  return found
}

/** Those of the processes that still run; a zombie does not. */
export function aliveAmong(pids: readonly number[]): number[] {
  const running = new Set(processTable().map(({ pid }) => pid))
  return pids.filter((pid) => running.has(pid))
}
