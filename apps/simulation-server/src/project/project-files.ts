import { constants } from 'node:fs'
import { chmod, open, readdir, realpath, stat, writeFile } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'
import { SimyardError } from '@simyard/protocol'

const MAX_FILE_BYTES = 64 * 1024 * 1024

/** A path inside a project as people write it: relative, with slashes, without `..` or hidden parts. */
export function checkRelativePath(path: string): string {
  const normal = posix.normalize(path)
  const bad =
    path === '' ||
    path.includes('\0') ||
    path.includes('\\') ||
    normal.startsWith('/') ||
    normal.split('/').some((part) => part === '..')
  if (bad) throw new SimyardError('FILE_PATH_INVALID', `${JSON.stringify(path)} is not a path inside the project.`)
  return normal
}

/** Reads a file below a folder; links that lead out of the folder do not exist for the reader. */
export async function readInside(folder: string, path: string): Promise<Buffer> {
  const relative = checkRelativePath(path)
  const missing = (cause?: unknown) => new SimyardError('FILE_NOT_FOUND', `There is no file ${relative}.`, { cause })
  let file: Awaited<ReturnType<typeof open>>
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, relative))
    if (!real.startsWith(root + sep)) throw missing()
    file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    throw error instanceof SimyardError ? error : missing(error)
  }
  try {
    const status = await file.stat()
    if (!status.isFile()) throw missing()
    if (status.size > MAX_FILE_BYTES)
      throw new SimyardError(
        'FILE_TOO_LARGE',
        `${relative} has ${status.size} bytes; at most ${MAX_FILE_BYTES} are read.`,
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Replaces a file that exists already, below a folder. */
export async function replaceInside(folder: string, path: string, content: string): Promise<void> {
  await readInside(folder, path)
  await writeFile(join(await realpath(folder), checkRelativePath(path)), content)
}

export async function listWorlds(folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(folder, 'worlds'))
    return names
      .filter((name) => name.endsWith('.wbt') && !name.startsWith('.'))
      .sort()
      .map((name) => `worlds/${name}`)
  } catch {
    // A project without the folder has no worlds; loading one then says so by name.
    return []
  }
}

/** Readable for everybody, whatever the umask and an archive say: folders 0755, programs 0755, other files 0644. */
export async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const child = join(folder, entry.name)
    if (entry.isDirectory()) await openForReading(child)
    else if (entry.isFile()) await chmod(child, (await stat(child)).mode & 0o100 ? 0o755 : 0o644)
  }
}
