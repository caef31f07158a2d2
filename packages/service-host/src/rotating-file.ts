import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface RotatingFileOptions {
  readonly path: string
  /** The file is put aside before it would grow beyond this. */
  readonly maxBytes: number
  /** Files that are kept beside it: `<path>.1` is the newest. */
  readonly backups: number
}

/**
 * A log file that is put aside when it is full. Lines are written at once and not gathered: those before a crash are the
 * ones that are wanted, and there are only a few a second. A disk that is full loses lines, never the server; the
 * first line that fits again is preceded by how many were lost.
 */
export class RotatingFile {
  private fd: number
  private size: number
  private lost = 0

  /** Throws when the folder or the file cannot be written. */
  constructor(private readonly options: RotatingFileOptions) {
    mkdirSync(dirname(options.path), { recursive: true })
    this.fd = openSync(options.path, 'a')
    this.size = fstatSync(this.fd).size
  }

  write(line: string): void {
    try {
      if (this.lost > 0) {
        const note = `(${this.lost} lines before this one could not be written)\n`
        this.append(note)
        this.lost = 0
      }
      this.append(line)
    } catch (error) {
      if (this.lost === 0) process.stderr.write(`The log ${this.options.path} cannot be written: ${error}\n`)
      this.lost++
    }
  }

  private append(line: string): void {
    const bytes = Buffer.from(line)
    if (this.size > 0 && this.size + bytes.length > this.options.maxBytes) this.rotate()
    for (let offset = 0; offset < bytes.length; ) {
      const written = writeSync(this.fd, bytes, offset)
      offset += written
      this.size += written
    }
  }

  private rotate(): void {
    const { path, backups } = this.options
    rmSync(`${path}.${backups}`, { force: true })
    for (let number = backups - 1; number >= 1; number--) moveIfThere(`${path}.${number}`, `${path}.${number + 1}`)
    moveIfThere(path, `${path}.1`)
    const next = openSync(path, 'a')
    closeSync(this.fd)
    this.fd = next
    this.size = fstatSync(next).size
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
