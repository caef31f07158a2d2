import { readdir, readlink, realpath, rm } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'

/**
 * Removes links that lead out of a folder, lead nowhere, or name an absolute place: the folder is going to be copied
 * and shown to programs. Returns what was removed, relative to the folder.
 */
export async function removeStrayLinks(folder: string): Promise<string[]> {
  const root = await realpath(folder)
  const removed: string[] = []
  const visit = async (relative: string): Promise<void> => {
    for (const entry of await readdir(join(root, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) await visit(path)
      else if (entry.isSymbolicLink()) {
        if (await staysInside(root, join(root, path))) continue
        await rm(join(root, path))
        removed.push(path)
      } else if (!entry.isFile()) {
        await rm(join(root, path))
        removed.push(path)
      }
    }
  }
  await visit('')
  return removed
}

async function staysInside(root: string, path: string): Promise<boolean> {
  try {
    const target = await readlink(path)
    if (isAbsolute(target) || !resolve(dirname(path), target).startsWith(root + sep)) return false
    return (await realpath(path)).startsWith(root + sep)
  } catch {
    // Dangling, or a circle.
    return false
  }
}
