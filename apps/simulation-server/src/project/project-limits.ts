import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'

/** What a project may have and how long it may take to come. */
export interface ProjectLimits {
  readonly bytes: number
  readonly files: number
  readonly timeoutMs: number
}

export function projectTooLarge(limits: ProjectLimits): SimyardError {
  const mebibytes = Math.round(limits.bytes / 1024 / 1024)
  return new SimyardError(
    'PROJECT_TOO_LARGE',
    `The project has more than ${limits.files} files or ${mebibytes} MiB, which is the most that this server takes.`,
  )
}

/** Bytes and files below a folder. What vanishes while it is counted counts nothing. */
export async function measureFolder(folder: string): Promise<{ bytes: number; files: number }> {
  let bytes = 0
  let files = 0
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const child = join(path, entry.name)
      files++
      if (entry.isDirectory()) await visit(child)
      else if (entry.isFile())
        bytes += await stat(child).then(
          ({ size }) => size,
          () => 0,
        )
    }
  }
  await visit(folder)
  return { bytes, files }
}

/** Throws PROJECT_TOO_LARGE. */
export async function requireSize(folder: string, limits: ProjectLimits): Promise<void> {
  const { bytes, files } = await measureFolder(folder)
  if (bytes > limits.bytes || files > limits.files) throw projectTooLarge(limits)
}

const MEASURE_INTERVAL_MS = 250

/**
 * Aborts `control` with PROJECT_TOO_LARGE as soon as a folder outgrows twice its limits: what is fetched and what is made
 * of it are there at the same time. Returns what ends the watch.
 */
export function watchFolder(folder: string, limits: ProjectLimits, control: AbortController): () => void {
  let watching = true
  const look = async (): Promise<void> => {
    while (watching) {
      const startedAt = performance.now()
      const { bytes, files } = await measureFolder(folder)
      if (watching && (bytes > 2 * limits.bytes || files > 2 * limits.files)) {
        watching = false
        control.abort(projectTooLarge(limits))
      }
      // Counting must not become the work: a large folder is counted less often.
      const pause = Math.max(MEASURE_INTERVAL_MS, 4 * (performance.now() - startedAt))
      await new Promise((resolve) => setTimeout(resolve, pause).unref())
    }
  }
  void look()
  return () => {
    watching = false
  }
}

/** A full disk by its name; everything else unchanged. */
export function explainDisk(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return diskFull(error)
}

export function diskFull(cause?: unknown): SimyardError {
  return new SimyardError(
    'DISK_FULL',
    'The disk of the simulation server is full, so the project could not be stored. Try again later; its operator has to free space.',
    { cause },
  )
}
