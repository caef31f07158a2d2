/** What a copy may hold. The gallery's own projects are not bounded: the operator put them there. */
export const limits = {
  fileBytes: 1024 * 1024,
  projectBytes: 10 * 1024 * 1024,
  files: 2000,
} as const

export interface ProjectDetails {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly try: readonly string[]
  readonly languages: readonly string[]
  readonly licence: string
  /** Project-relative, the one to open first in front. */
  readonly worlds: readonly string[]
  /** Project-relative path of the picture, when there is one. */
  readonly thumbnail?: string
  /** The gallery project this is a copy of. Absent: it belongs to the gallery and is read-only. */
  readonly copyOf?: string
}

export interface ProjectFile {
  readonly path: string
  readonly size: number
  /** Lower-case hexadecimal SHA-256 of the content. */
  readonly sha256: string
}

export interface ProjectFileContent extends ProjectFile {
  readonly content: Uint8Array
}

/** The key is shown once and stored only as a hash: whoever holds it may write. */
export interface ProjectCopy {
  readonly id: string
  readonly key: string
}

/**
 * Projects and their files. Failures are SimyardErrors: PROJECT_NOT_FOUND, PROJECT_INVALID, PROJECT_READ_ONLY,
 * PROJECT_WRONG_KEY, PROJECT_QUOTA_EXCEEDED, FILE_NOT_FOUND, FILE_PATH_INVALID, FILE_TOO_LARGE.
 */
export interface ProjectStore {
  /** The gallery, in its order. Copies are reached by id only. */
  list(): Promise<readonly ProjectDetails[]>
  get(id: string): Promise<ProjectDetails>
  /** Sorted by path. */
  files(id: string): Promise<readonly ProjectFile[]>
  readFile(id: string, path: string): Promise<ProjectFileContent>
  /** A writable copy of any project, with a fresh id and key. */
  copy(fromId: string): Promise<ProjectCopy>
  /** Throws PROJECT_WRONG_KEY, or PROJECT_READ_ONLY for what has no key. */
  checkKey(id: string, key: string): Promise<void>
  /** Replaces or creates a file; a reader sees the old or the new content, never a mixture. */
  writeFile(id: string, path: string, content: Uint8Array, key: string): Promise<ProjectFile>
  /** Back to the original's content. A file that the original lacks is removed, and undefined returned. */
  revertFile(id: string, path: string, key: string): Promise<ProjectFile | undefined>
}
