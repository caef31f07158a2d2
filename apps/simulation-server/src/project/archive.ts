import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { SimyardError } from '@simyard/protocol'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { explainDisk, type ProjectLimits, projectTooLarge } from './project-limits.js'

const MAX_DEPTH = 16
const MAX_PATH = 300
/** Texts of robots shrink to a tenth; what unpacks to more than this many times its size is meant to fill disks. */
const MAX_RATIO = 200
/** Small files of one character repeated are harmless. */
const RATIO_FREE_BYTES = 1024 * 1024
const FILE_TYPES = 0o170000
const REGULAR = 0o100000
const FOLDER = 0o040000

/**
 * Unpacks a ZIP archive of a stranger into an empty folder. Throws PROJECT_ARCHIVE_INVALID, PROJECT_TOO_LARGE or
 * DISK_FULL; the folder then holds a part and has to be removed.
 */
export async function extractArchive(
  file: string,
  folder: string,
  limits: ProjectLimits,
  signal: AbortSignal,
): Promise<void> {
  const archive = await openPromise(file, { lazyEntries: true, autoClose: false, strictFileNames: true }).catch(
    (cause: unknown) => {
      throw invalid((cause as Error).message, cause)
    },
  )
  try {
    await extractEntries(archive, folder, limits, signal)
  } catch (error) {
    signal.throwIfAborted()
    const explained = explainDisk(error)
    if (explained instanceof SimyardError) throw explained
    throw invalid((error as Error).message, error)
  } finally {
    archive.close()
  }
}

async function extractEntries(
  archive: ZipFile,
  folder: string,
  limits: ProjectLimits,
  signal: AbortSignal,
): Promise<void> {
  if (archive.entryCount > limits.files) throw projectTooLarge(limits)
  const seen = new Set<string>()
  let left = limits.bytes
  for await (const entry of archive.eachEntry()) {
    signal.throwIfAborted()
    const path = checkEntry(entry)
    if (seen.has(path)) throw invalid(`it has ${JSON.stringify(path)} twice`)
    seen.add(path)
    if (seen.size > limits.files) throw projectTooLarge(limits)
    const target = join(folder, path)
    if (entry.fileName.endsWith('/')) {
      await mkdir(target, { recursive: true })
      continue
    }
    if (entry.uncompressedSize > left) throw projectTooLarge(limits)
    left -= entry.uncompressedSize
    await mkdir(dirname(target), { recursive: true })
    // A stream of another length than the entry says ends with an error: the library counts.
    await writeEntry(await archive.openReadStreamPromise(entry), entry, target, signal)
  }
}

async function writeEntry(content: Readable, entry: Entry, target: string, signal: AbortSignal): Promise<void> {
  let sum = 0
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sum = crc32(chunk, sum)
        yield chunk
      }
    },
    createWriteStream(target, { flags: 'wx', mode: entryMode(entry) & 0o100 ? 0o755 : 0o644 }),
    { signal },
  )
  if (sum !== entry.crc32) throw invalid(`the checksum of ${JSON.stringify(entry.fileName)} is wrong`)
}

/** The path of an entry without the slash of a folder, when it is harmless. */
function checkEntry(entry: Entry): string {
  const name = entry.fileName
  const shown = JSON.stringify(name.slice(0, 120))
  const path = name.replace(/\/$/, '')
  const parts = path.split('/')
  if (
    parts.some((part) => part === '' || part === '.' || part === '..') ||
    /[\\\u0000-\u001f\u007f]|^[A-Za-z]:/.test(path)
  )
    throw invalid(`${shown} is not a path inside the project`)
  if (parts.length > MAX_DEPTH || path.length > MAX_PATH || parts.some((part) => Buffer.byteLength(part) > 255))
    throw invalid(`${shown} is too long or too deep`)
  const type = entryMode(entry) & FILE_TYPES
  if (type !== 0 && type !== REGULAR && type !== FOLDER) throw invalid(`${shown} is a link or a device`)
  if ((type === FOLDER) !== name.endsWith('/') && type !== 0) throw invalid(`${shown} is both a file and a folder`)
  if (entry.isEncrypted()) throw invalid(`${shown} is encrypted`)
  if (entry.uncompressedSize > RATIO_FREE_BYTES && entry.uncompressedSize > MAX_RATIO * entry.compressedSize)
    throw invalid(`${shown} unpacks to more than ${MAX_RATIO} times its size`)
  return path
}

/** Mode of the file as Unix programs store it; 0 for archives of other systems. */
function entryMode(entry: Entry): number {
  return entry.externalFileAttributes >>> 16
}

function invalid(reason: string, cause?: unknown): SimyardError {
  return new SimyardError('PROJECT_ARCHIVE_INVALID', `The archive of the project cannot be unpacked: ${reason}.`, {
    cause,
  })
}
