import { cp, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { removeStrayLinks } from './links.js'
import { type ProjectLimits, requireSize } from './project-limits.js'
import { type PreparedProject, requireWorld } from './project-source.js'
import type { FolderReference } from './reference.js'

/** A project of a folder of this machine, if that lies below one of the operator's folders. */
export async function prepareFolder(
  reference: FolderReference,
  options: { readonly allowedFolders: readonly string[]; readonly limits: ProjectLimits },
): Promise<PreparedProject> {
  const refused = (cause?: unknown) =>
    new SimyardError(
      'START_ORIGIN_REFUSED',
      'This simulation server does not run worlds of that folder. Its operator can allow it with "allowedFolders".',
      { cause },
    )
  // Before anything else is looked at: whether a folder exists is nobody's business.
  const real = await realpath(reference.folder).catch((cause: unknown) => {
    throw refused(cause)
  })
  const allowed = await Promise.all(
    options.allowedFolders.map((folder) => realpath(resolve(folder)).catch(() => undefined)),
  )
  if (!allowed.some((folder) => folder !== undefined && liesIn(folder, real))) throw refused()
  await requireWorld(real, reference.world)
  await requireSize(real, options.limits)
  return {
    fill: async (folder, signal) => {
      await copyFolder(real, folder, signal)
      await removeStrayLinks(folder)
    },
    release: () => undefined,
  }
}

function liesIn(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

/** `<projectsDir>/<project>`, or undefined when there is no such project. */
export async function localProject(projectsDir: string | undefined, project: string): Promise<string | undefined> {
  if (projectsDir === undefined) return undefined
  return realpath(join(resolve(projectsDir), project)).catch(() => undefined)
}

/** Copies what is in a folder; links stay links. */
export function copyFolder(from: string, to: string, signal: AbortSignal): Promise<void> {
  return cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => {
      signal.throwIfAborted()
      return !/[/\\]\.git$/.test(path)
    },
  })
}
