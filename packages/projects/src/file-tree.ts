import { createHash } from 'node:crypto'
import { open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { randomSuffix } from './secret.js'
import type { ProjectFile } from './store.js'

const ignoredFolders = new Set(['node_modules', '__pycache__'])
/** Hashes by file identity, so that a listing does not read every texture again. */
const knownHashes = new Map<string, string>()

/** Regular files below `root`, sorted; hidden names, symbolic links and caches are left out. */
export async function walkFiles(root: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || ignoredFolders.has(entry.name)) continue
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      if (entry.isDirectory()) await visit(join(folder, entry.name), path)
      else if (entry.isFile()) found.push(path)
    }
  }
  await visit(root, '')
  return found.sort((a, b) => (a < b ? -1 : 1))
}

export async function describeFile(root: string, path: string): Promise<ProjectFile> {
  const absolute = join(root, path)
  const info = await stat(absolute)
  const identity = `${absolute}\0${info.ino}\0${info.size}\0${info.mtimeMs}`
  let hash = knownHashes.get(identity)
  if (hash === undefined) {
    hash = sha256(await readFile(absolute))
    if (knownHashes.size > 20_000) knownHashes.clear()
    knownHashes.set(identity, hash)
  }
  return { path, size: info.size, sha256: hash }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/**
 * The real place of a file in `root`. Every link on the way is followed first, so that none leads out.
 * Throws FILE_NOT_FOUND for what is absent, not a file, or elsewhere: an outsider learns nothing from the difference.
 */
export async function locateFile(root: string, path: string): Promise<string> {
  const missing = () => new SimyardError('FILE_NOT_FOUND', `The project has no file ${JSON.stringify(path)}.`)
  try {
    const [base, real] = await Promise.all([realpath(root), realpath(join(root, path))])
    if (!real.startsWith(base + sep) || !(await stat(real)).isFile()) throw missing()
    return real
  } catch (error) {
    if (error instanceof SimyardError) throw error
    if (isAbsent(error)) throw missing()
    throw error
  }
}

/** The nearest existing folder above a path must be inside `root` once links are followed. */
export async function checkInside(root: string, path: string): Promise<void> {
  const base = await realpath(root)
  for (let folder = join(root, path); folder.length >= root.length; folder = dirname(folder)) {
    try {
      const real = await realpath(folder)
      if (real === base || real.startsWith(base + sep)) return
      throw new SimyardError('FILE_PATH_INVALID', `The path ${JSON.stringify(path)} leads out of the project.`)
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
}

/** Writes beside the tree, flushes, then renames: after a power cut the file is the old or the new one. */
export async function replaceFile(
  target: string,
  content: Uint8Array | string,
  temporaryFolder: string,
): Promise<void> {
  const temporary = join(temporaryFolder, `write-${randomSuffix(12)}`)
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(target))
}

/** After it, what was created or renamed in a folder survives a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

export function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}

export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}
