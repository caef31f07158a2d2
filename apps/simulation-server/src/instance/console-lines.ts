import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const MAX_LINE_CHARACTERS = 8192
/** A pane nobody can read needs no more; the rest is counted. */
const MAX_LINES_PER_SECOND = 500

/** Splits a program's output into lines for the console, bounded in length and rate; what is left out is counted and said. */
export function readConsoleLines(stream: Readable, options: { now(): number; line(text: string): void }): void {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  let windowStart = options.now()
  let inWindow = 0
  let dropped = 0
  const emit = (text: string) => {
    const now = options.now()
    if (now - windowStart >= 1000) {
      windowStart = now
      inWindow = 0
      if (dropped > 0)
        options.line(`… ${dropped} lines were left out: more than ${MAX_LINES_PER_SECOND} lines a second.`)
      dropped = 0
    }
    if (++inWindow > MAX_LINES_PER_SECOND) dropped++
    else options.line(text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS)}…` : text)
  }
  stream.on('data', (chunk: Buffer) => {
    pending += decoder.write(chunk)
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) emit(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (pending.length > MAX_LINE_CHARACTERS) {
      emit(pending)
      pending = ''
    }
  })
  stream.on('end', () => {
    pending += decoder.end()
    if (pending) emit(pending)
    if (dropped > 0) options.line(`… ${dropped} lines were left out: more than ${MAX_LINES_PER_SECOND} lines a second.`)
    pending = ''
    dropped = 0
  })
}
