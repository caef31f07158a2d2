/** A place in a program that a console line names: `File "/work/x.py", line 12` or `at f (file:///x.js:3:5)`. */
export interface SourceLink {
  readonly start: number
  readonly end: number
  readonly file: string
  readonly line: number
}

const patterns = [
  /File "(?<file>[^"\n]+)", line (?<line>\d+)/,
  /(?<file>(?:file:\/\/)?(?:\/|\.\/|[\w-]+\/)[\w./@+-]+\.(?:m?js|py|wbt|proto)):(?<line>\d+)(?::\d+)?/,
]

export function findSourceLink(text: string): SourceLink | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text)
    if (match?.groups) {
      const { file = '', line = '1' } = match.groups
      return { start: match.index, end: match.index + match[0].length, file, line: Number(line) }
    }
  }
  return undefined
}

/** The project's file that a program's path means: the one that shares the longest end with it. */
export function matchFile(path: string, files: readonly string[]): string | undefined {
  const wanted = path.replace(/^file:\/\//, '').split('/')
  let best: string | undefined
  let bestLength = 0
  for (const file of files) {
    const parts = file.split('/')
    let length = 0
    while (length < parts.length && parts.at(-1 - length) === wanted.at(-1 - length)) length++
    if (length > bestLength) [best, bestLength] = [file, length]
  }
  return best
}

export interface ProgramError {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Follows one robot's error output and tells the innermost place of the project's own code. */
export class TracebackReader {
  private place: { file: string; line: number } | undefined

  constructor(private readonly files: () => readonly string[]) {}

  push(line: string): ProgramError | undefined {
    if (line.startsWith('Traceback ')) this.place = undefined
    const link = findSourceLink(line)
    const file = link && matchFile(link.file, this.files())
    const message = /^(?:Uncaught )?([A-Z]\w*(?:\.\w+)*(?:Error|Exception|Interrupt)\b.*)$/.exec(line)?.[1]
    if (link && file !== undefined) {
      // Python names the innermost place last, before the message.
      this.place = { file, line: link.line }
      return undefined
    }
    if (message === undefined || !this.place) return undefined
    const error = { ...this.place, message }
    this.place = undefined
    return error
  }
}
