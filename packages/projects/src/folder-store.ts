import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { reportError, SimyardError } from '@simyard/protocol'
import * as z from 'zod'
import { checkInside, describeFile, isAbsent, locateFile, replaceFile, sha256, walkFiles } from './file-tree.js'
import { parseManifest } from './manifest.js'
import { checkFilePath, checkProjectId, projectNotFound } from './path.js'
import { hashKey, keyMatches, newKey, randomSuffix } from './secret.js'
import {
  limits,
  type ProjectCopy,
  type ProjectDetails,
  type ProjectFile,
  type ProjectFileContent,
  type ProjectStore,
} from './store.js'

export interface FolderStoreOptions {
  /** Holds one folder a gallery project; never written to. */
  readonly galleryDir: string
  /** Copies live in `<dataDir>/projects/<id>/`; created when absent. */
  readonly dataDir: string
  /** Told of a gallery project that is left out because its manifest is wrong. */
  readonly onProblem?: (projectId: string, message: string) => void
}

const CopyRecord = z.object({ from: z.string(), keyHash: z.string(), createdAt: z.string() })
type CopyRecord = z.infer<typeof CopyRecord>

interface Place {
  readonly root: string
  readonly copy?: CopyRecord
}

const thumbnailNames = ['thumbnail.jpg', 'thumbnail.png', 'thumbnail.webp', 'thumbnail.svg']

export function createFolderStore(options: FolderStoreOptions): ProjectStore {
  return new FolderStore(options)
}

class FolderStore implements ProjectStore {
  private readonly copies: string
  private readonly temporary: string
  /** Writes to one project wait for each other, so that the quota counts what is there. */
  private readonly writes = new Map<string, Promise<unknown>>()

  constructor(private readonly options: FolderStoreOptions) {
    this.copies = join(options.dataDir, 'projects')
    this.temporary = join(options.dataDir, 'tmp')
  }

  async list(): Promise<readonly ProjectDetails[]> {
    const names = await readdir(this.options.galleryDir, { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return []
      throw error
    })
    const found: { order: number; details: ProjectDetails }[] = []
    for (const entry of names) {
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue
      try {
        found.push(await this.describe(checkProjectId(entry.name), { root: join(this.options.galleryDir, entry.name) }))
      } catch (error) {
        this.options.onProblem?.(entry.name, reportError(error).message)
      }
    }
    found.sort((a, b) => a.order - b.order || a.details.title.localeCompare(b.details.title))
    return found.map((project) => project.details)
  }

  async get(id: string): Promise<ProjectDetails> {
    return (await this.describe(id, await this.place(id))).details
  }

  async files(id: string): Promise<readonly ProjectFile[]> {
    const { root } = await this.place(id)
    return Promise.all((await walkFiles(root)).map((path) => describeFile(root, path)))
  }

  async readFile(id: string, path: string): Promise<ProjectFileContent> {
    const { root } = await this.place(id)
    const content = await readFile(await locateFile(root, checkFilePath(path)))
    return { path, size: content.length, sha256: sha256(content), content }
  }

  async copy(fromId: string): Promise<ProjectCopy> {
    const from = await this.place(fromId)
    const paths = await walkFiles(from.root)
    await this.prepare()
    const original = from.copy?.from ?? fromId
    const id = `${original.slice(0, 50)}-${randomSuffix()}`
    const key = newKey()
    const staging = join(this.temporary, `copy-${randomSuffix(12)}`)
    try {
      await mkdir(join(staging, 'files'), { recursive: true })
      for (const path of paths) {
        const target = join(staging, 'files', path)
        await mkdir(dirname(target), { recursive: true })
        await copyFile(join(from.root, path), target)
      }
      const record: CopyRecord = { from: original, keyHash: hashKey(key), createdAt: new Date().toISOString() }
      await replaceFile(join(staging, 'copy.json'), JSON.stringify(record), this.temporary)
      await rename(staging, join(this.copies, id))
    } catch (error) {
      await rm(staging, { recursive: true, force: true })
      throw error
    }
    return { id, key }
  }

  async checkKey(id: string, key: string): Promise<void> {
    await this.writable(id, key)
  }

  async writeFile(id: string, path: string, content: Uint8Array, key: string): Promise<ProjectFile> {
    const { root } = await this.writable(id, key)
    checkFilePath(path)
    if (content.length > limits.fileBytes) {
      throw new SimyardError(
        'FILE_TOO_LARGE',
        `${path} has ${content.length} bytes; a file may have ${limits.fileBytes}.`,
      )
    }
    return this.inTurn(id, async () => {
      await checkInside(root, path)
      await this.checkQuota(root, path, content.length)
      await this.put(root, path, content)
      return { path, size: content.length, sha256: sha256(content) }
    })
  }

  async revertFile(id: string, path: string, key: string): Promise<ProjectFile | undefined> {
    const { root, copy } = await this.writable(id, key)
    checkFilePath(path)
    const original = await this.originalContent(copy.from, path)
    return this.inTurn(id, async () => {
      await checkInside(root, path)
      if (original) {
        await this.put(root, path, original)
        return { path, size: original.length, sha256: sha256(original) }
      }
      await rm(await locateFile(root, path))
      return undefined
    })
  }

  private async originalContent(from: string, path: string): Promise<Uint8Array | undefined> {
    try {
      return (await this.readFile(from, path)).content
    } catch (error) {
      if (error instanceof SimyardError && error.code === 'FILE_NOT_FOUND') return undefined
      throw error
    }
  }

  private async put(root: string, path: string, content: Uint8Array): Promise<void> {
    const target = join(root, path)
    try {
      await mkdir(dirname(target), { recursive: true })
      await this.prepare()
      await replaceFile(target, content, this.temporary)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST') {
        throw new SimyardError('FILE_PATH_INVALID', `${path} is both a file and a folder in this project.`, {
          cause: error,
        })
      }
      throw error
    }
  }

  private async checkQuota(root: string, path: string, size: number): Promise<void> {
    const others = (await walkFiles(root)).filter((other) => other !== path)
    if (others.length + 1 > limits.files) {
      throw new SimyardError('PROJECT_QUOTA_EXCEEDED', `A project may have ${limits.files} files; delete some first.`)
    }
    const sizes = await Promise.all(others.map(async (other) => (await describeFile(root, other)).size))
    const total = sizes.reduce((sum, one) => sum + one, size)
    if (total > limits.projectBytes) {
      const message = `The project would have ${total} bytes; a copy may have ${limits.projectBytes}.`
      throw new SimyardError('PROJECT_QUOTA_EXCEEDED', message)
    }
  }

  private async inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.writes.get(id) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.writes.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.writes.get(id) === mine) this.writes.delete(id)
    }
  }

  private async writable(id: string, key: string): Promise<Place & { copy: CopyRecord }> {
    const place = await this.place(id)
    if (!place.copy) {
      throw new SimyardError('PROJECT_READ_ONLY', `${id} belongs to the gallery; make a copy and change that.`)
    }
    if (!keyMatches(key, place.copy.keyHash)) {
      throw new SimyardError(
        'PROJECT_WRONG_KEY',
        `The key does not open ${id}; only the browser that made the copy has it.`,
      )
    }
    return { ...place, copy: place.copy }
  }

  /** A gallery project hides a copy of the same name, so that no copy can take its place. */
  private async place(id: string): Promise<Place> {
    checkProjectId(id)
    const gallery = join(this.options.galleryDir, id)
    if (await exists(join(gallery, 'project.yaml'))) return { root: gallery }
    const folder = join(this.copies, id)
    try {
      const record = CopyRecord.parse(JSON.parse(await readFile(join(folder, 'copy.json'), 'utf8')))
      return { root: join(folder, 'files'), copy: record }
    } catch (error) {
      if (isAbsent(error)) throw projectNotFound(id)
      throw error
    }
  }

  private async describe(id: string, place: Place): Promise<{ order: number; details: ProjectDetails }> {
    const text = await readFile(join(place.root, 'project.yaml'), 'utf8').catch((error: unknown) => {
      if (isAbsent(error)) throw new SimyardError('PROJECT_INVALID', `${id} has no project.yaml.`)
      throw error
    })
    const manifest = parseManifest(text, `${id}/project.yaml`)
    const paths = await walkFiles(place.root)
    const worlds = paths.filter((path) => /^worlds\/[^/]+\.wbt$/.test(path))
    if (manifest.world !== undefined) worlds.sort((a, b) => Number(b === manifest.world) - Number(a === manifest.world))
    const thumbnail = thumbnailNames.find((name) => paths.includes(name))
    const details: ProjectDetails = {
      id,
      title: manifest.title,
      description: manifest.description,
      try: manifest.try,
      languages: manifest.languages,
      licence: manifest.licence,
      worlds,
      ...(thumbnail ? { thumbnail } : {}),
      ...(place.copy ? { copyOf: place.copy.from } : {}),
    }
    return { order: manifest.order, details }
  }

  private async prepare(): Promise<void> {
    await Promise.all([mkdir(this.copies, { recursive: true }), mkdir(this.temporary, { recursive: true })])
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await readFile(path)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}
