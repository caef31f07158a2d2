import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderStore, limits, type ProjectStore } from './index.js'

interface Fixture {
  readonly store: ProjectStore
  readonly folder: string
  close(): Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof SimyardError) return error.code
    throw error
  }
  return 'no error'
}

async function makeFolderStore(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'simyard-projects-'))
  const gallery = join(folder, 'gallery')
  const project = join(gallery, 'line-follower')
  await mkdir(join(project, 'worlds'), { recursive: true })
  await mkdir(join(project, 'controllers/line'), { recursive: true })
  await writeFile(
    join(project, 'project.yaml'),
    'title: Line follower\ndescription: Follows a line.\ntry: [Drive faster]\nlanguages: [Python]\norder: 2\nworld: worlds/track.wbt\n',
  )
  await writeFile(join(project, 'worlds/arena.wbt'), '#VRML_SIM R2023b utf8\n')
  await writeFile(join(project, 'worlds/track.wbt'), '#VRML_SIM R2023b utf8\n')
  await writeFile(join(project, 'controllers/line/line.py'), 'print("hello")\n')
  await mkdir(join(gallery, 'first'), { recursive: true })
  await writeFile(join(gallery, 'first/project.yaml'), 'title: First\norder: 1\n')
  await mkdir(join(gallery, 'broken'), { recursive: true })
  await writeFile(join(gallery, 'broken/project.yaml'), 'tittle: typing error\n')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  return {
    store: createFolderStore({ galleryDir: gallery, dataDir: join(folder, 'data') }),
    folder,
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

describe.each([['folder', makeFolderStore]])('project store: %s', (_name, make) => {
  let fixture: Fixture
  let store: ProjectStore
  beforeEach(async () => {
    fixture = await make()
    store = fixture.store
  })
  afterEach(() => fixture.close())

  it('lists the gallery in its order, without the broken project and without copies', async () => {
    await store.copy('line-follower')
    expect((await store.list()).map((project) => project.id)).toEqual(['first', 'line-follower'])
  })

  it('describes a project with the first world in front', async () => {
    expect(await store.get('line-follower')).toMatchObject({
      title: 'Line follower',
      try: ['Drive faster'],
      worlds: ['worlds/track.wbt', 'worlds/arena.wbt'],
    })
    expect(await failure(store.get('nowhere'))).toBe('PROJECT_NOT_FOUND')
    expect(await failure(store.get('../gallery/first'))).toBe('PROJECT_NOT_FOUND')
  })

  it('copies, writes with the key only, and reverts', async () => {
    const path = 'controllers/line/line.py'
    const { id, key } = await store.copy('line-follower')
    expect(id).toMatch(/^line-follower-[a-z2-9]{6}$/)
    expect(await store.get(id)).toMatchObject({ copyOf: 'line-follower', title: 'Line follower' })
    expect(await failure(store.writeFile(id, path, bytes('x'), 'wrong'))).toBe('PROJECT_WRONG_KEY')
    expect(await failure(store.writeFile('line-follower', path, bytes('x'), key))).toBe('PROJECT_READ_ONLY')

    const written = await store.writeFile(id, path, bytes('print("mine")\n'), key)
    expect(await store.files(id)).toContainEqual(written)
    expect(text((await store.readFile(id, path)).content)).toBe('print("mine")\n')
    expect(text((await store.readFile('line-follower', path)).content)).toBe('print("hello")\n')

    await store.revertFile(id, path, key)
    expect(text((await store.readFile(id, path)).content)).toBe('print("hello")\n')
    await store.writeFile(id, 'controllers/line/extra.py', bytes('y = 1\n'), key)
    expect(await store.revertFile(id, 'controllers/line/extra.py', key)).toBeUndefined()
    expect(await failure(store.readFile(id, 'controllers/line/extra.py'))).toBe('FILE_NOT_FOUND')
  })

  it('copies a copy with its changes; the original of both is the gallery project', async () => {
    const first = await store.copy('line-follower')
    await store.writeFile(first.id, 'controllers/line/line.py', bytes('changed'), first.key)
    const second = await store.copy(first.id)
    expect(await store.get(second.id)).toMatchObject({ copyOf: 'line-follower' })
    expect(text((await store.readFile(second.id, 'controllers/line/line.py')).content)).toBe('changed')
  })

  it.each(['../x', '/etc/passwd', 'a/../../x', '', 'a//b', '.hidden', 'a/.git/x', 'a\\b', 'a\0b', 'nul.txt', 'x.'])(
    'refuses the path %j for reading and writing',
    async (path) => {
      const { id, key } = await store.copy('line-follower')
      expect(await failure(store.readFile(id, path))).toBe('FILE_PATH_INVALID')
      expect(await failure(store.writeFile(id, path, bytes('x'), key))).toBe('FILE_PATH_INVALID')
      expect(await failure(store.revertFile(id, path, key))).toBe('FILE_PATH_INVALID')
    },
  )

  it('bounds a file, a project, and the number of its files', async () => {
    const { id, key } = await store.copy('line-follower')
    const big = new Uint8Array(limits.fileBytes)
    expect(await failure(store.writeFile(id, 'big', new Uint8Array(limits.fileBytes + 1), key))).toBe('FILE_TOO_LARGE')
    for (let i = 0; i < 9; i++) await store.writeFile(id, `big${i}`, big, key)
    expect(await failure(store.writeFile(id, 'big9', big, key))).toBe('PROJECT_QUOTA_EXCEEDED')
    await store.writeFile(id, 'big8', big, key)
  })

  it('keeps whole contents when many write the same file at once, and leaves no temporary file', async () => {
    const { id, key } = await store.copy('line-follower')
    const contents = Array.from({ length: 12 }, (_, i) => String(i).repeat(5000))
    await Promise.all(contents.map((content) => store.writeFile(id, 'data.txt', bytes(content), key)))
    expect(contents).toContain(text((await store.readFile(id, 'data.txt')).content))
    expect((await store.files(id)).map((file) => file.path)).toHaveLength(5)
  })

  it('refuses a file where a folder is', async () => {
    const { id, key } = await store.copy('line-follower')
    expect(await failure(store.writeFile(id, 'controllers', bytes('x'), key))).toBe('FILE_PATH_INVALID')
    expect(await failure(store.writeFile(id, 'project.yaml/x', bytes('x'), key))).toBe('FILE_PATH_INVALID')
  })
})

describe('folder store on disk', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await makeFolderStore()
  })
  afterEach(() => fixture.close())

  it('never follows a link out of the project', async () => {
    const { store, folder } = fixture
    const { id, key } = await store.copy('line-follower')
    const root = join(folder, 'data/projects', id, 'files')
    await symlink(join(folder, 'secret.txt'), join(root, 'link.txt'))
    await symlink(folder, join(root, 'out'))
    expect(await failure(store.readFile(id, 'link.txt'))).toBe('FILE_NOT_FOUND')
    expect(await failure(store.readFile(id, 'out/secret.txt'))).toBe('FILE_NOT_FOUND')
    expect(await failure(store.writeFile(id, 'out/secret.txt', bytes('x'), key))).toBe('FILE_PATH_INVALID')
    expect((await store.files(id)).map((file) => file.path)).not.toContain('link.txt')
    expect(await readFile(join(folder, 'secret.txt'), 'utf8')).toBe('secret')
  })

  it('stores the key as a hash only and cleans its temporary folder', async () => {
    const { store, folder } = fixture
    const { id, key } = await store.copy('line-follower')
    const record = await readFile(join(folder, 'data/projects', id, 'copy.json'), 'utf8')
    expect(record).not.toContain(key)
    expect(await readdir(join(folder, 'data/tmp'))).toEqual([])
  })
})
