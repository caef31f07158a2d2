import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

let last: Promise<void> = Promise.resolve()

/**
 * Resolves when it is this caller's turn to start a process. Starting one stops the whole server for some milliseconds;
 * between two it answers what has come in the meantime, however many visitors arrive at the same moment.
 */
export function processTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)))
  return last
}

/** Nice value of every program that the server starts: when all want the processor, the server answers first. */
const PRIORITY = 10

/**
 * To be called right after a program was started, so that what it starts comes after the server too. The program has to be
 * in a session of its own (`detached`): Linux shares the processor between sessions first and looks at nice values only
 * inside of one, so that the session needs the value as well; in the server's session it would be the server's.
 */
export function putBehindServer(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, PRIORITY)
    writeFileSync(`/proc/${pid}/autogroup`, String(PRIORITY))
  } catch {
    // It has ended already, or the system does not let it, or has no such groups.
  }
}
