import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SimyardError } from '@simyard/protocol'
import { smallDiskProblem, withSmallDisk } from '@simyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import {
  archiveExhibit,
  createFolderExhibits,
  createMemoryExhibits,
  type ExhibitDescription,
  type ExhibitStore,
  exhibitLimits,
} from './index.js'
import type { ExhibitStoreOptions } from './shelf-exhibits.js'

const DRAFT_AGE_MS = 60_000

const description: ExhibitDescription = {
  kind: 'animation',
  title: 'A ball',
  info: ['It falls.'],
  version: 'R2025a',
  durationMs: 960,
}

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65_536)
}

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof SimyardError) return error.code
    throw error
  }
  return 'no error'
}

async function read(store: ExhibitStore, number: number, path: string): Promise<string> {
  const { content, size } = await store.openFile(number, path)
  const whole = Buffer.concat(await content.toArray())
  expect(whole.length).toBe(size)
  return whole.toString()
}

async function upload(store: ExhibitStore, text = '<X3D/>') {
  const draft = await store.begin()
  await draft.put('scene.x3d', bytes(text), 1000)
  await draft.seal(description)
  await store.finish(draft.number)
  return draft
}

interface Fixture {
  make(options?: ExhibitStoreOptions): ExhibitStore
  close(): Promise<void>
}

async function folderFixture(): Promise<Fixture & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'simyard-exhibits-'))
  return {
    folder,
    make: (options) => createFolderExhibits({ dataDir: folder, ...options }),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

const memoryFixture = async (): Promise<Fixture> => ({ make: createMemoryExhibits, close: async () => undefined })

describe.each([
  ['folder', folderFixture],
  ['memory', memoryFixture],
])('exhibit store: %s', (_name, open) => {
  let fixture: Fixture
  let now = Date.parse('2026-01-01T00:00:00Z')
  let store: ExhibitStore
  beforeEach(async () => {
    fixture = await open()
    store = fixture.make({ draftAgeMs: DRAFT_AGE_MS, now: () => now })
  })
  afterEach(() => fixture.close())

  it('shows what is finished, with its files, and nothing before', async () => {
    const draft = await store.begin()
    expect(await draft.put('scene.x3d', bytes('<X3', 'D/>'), 6)).toBe(6)
    await draft.put('textures/wood.png', bytes('png'), 1000)
    expect(await failure(store.finish(draft.number))).toBe('EXHIBIT_NOT_FOUND')
    await draft.seal(description)
    expect(await store.list()).toEqual([])
    expect(await failure(store.get(draft.number))).toBe('EXHIBIT_NOT_FOUND')
    expect(await failure(store.openFile(draft.number, 'scene.x3d'))).toBe('EXHIBIT_NOT_FOUND')
    const shown = await store.finish(draft.number)
    expect(shown).toEqual({
      ...description,
      number: draft.number,
      files: [
        { path: 'scene.x3d', size: 6 },
        { path: 'textures/wood.png', size: 3 },
      ],
      bytes: 9,
      views: 0,
      createdAt: '2026-01-01T00:00:00.000Z',
    })
    expect(await store.finish(draft.number)).toEqual(shown)
    expect(await store.list()).toEqual([shown])
    expect(await read(store, draft.number, 'scene.x3d')).toBe('<X3D/>')
  })

  it('lists the newest first', async () => {
    const first = await upload(store)
    now += 1000
    const second = await upload(store)
    expect((await store.list()).map(({ number }) => number)).toEqual([second.number, first.number])
  })

  it('changes and deletes with the key only', async () => {
    const { number, key } = await upload(store)
    const picture = new TextEncoder().encode('jpeg')
    expect(await failure(store.replaceFile(number, 'thumbnail.jpg', picture, 'no'))).toBe('EXHIBIT_WRONG_KEY')
    expect(await failure(store.remove(number, ''))).toBe('EXHIBIT_WRONG_KEY')
    expect((await store.replaceFile(number, 'thumbnail.jpg', picture, key)).bytes).toBe(10)
    expect((await store.replaceFile(number, 'thumbnail.jpg', picture, key)).files).toHaveLength(2)
    expect(await read(store, number, 'thumbnail.jpg')).toBe('jpeg')
    await store.remove(number, key)
    expect(await failure(store.remove(number, key))).toBe('EXHIBIT_NOT_FOUND')
    expect(await failure(store.openFile(number, 'scene.x3d'))).toBe('EXHIBIT_NOT_FOUND')
    expect(await store.list()).toEqual([])
  })

  it('takes no file in the place of a folder, of another in other letters, or beyond the bounds of an upload', async () => {
    const { number, key } = await upload(store)
    const add = (path: string, size = 1) => store.replaceFile(number, path, new Uint8Array(size), key)
    await add('textures/a.png')
    expect(await failure(add('textures/a.png/b.png'))).toBe('FILE_PATH_INVALID')
    expect(await failure(add('textures'))).toBe('FILE_PATH_INVALID')
    expect(await failure(add('Textures/A.png'))).toBe('FILE_PATH_INVALID')
    expect(await failure(add('b.png', exhibitLimits.exhibitBytes))).toBe('FILE_TOO_LARGE')
    for (let i = 0; i < exhibitLimits.assets + 1; i++) await add(`${i}.png`)
    expect(await failure(add('more.png'))).toBe('FILE_TOO_LARGE')
    expect((await add('0.png', 2)).files).toHaveLength(exhibitLimits.assets + 3)
  })

  it('gives out numbers that Webots can read, which is with a sign', async () => {
    for (let i = 0; i < exhibitLimits.drafts; i++) {
      const { number } = await store.begin()
      expect(number | 0).toBe(number)
      expect(number).toBeGreaterThan(0)
    }
  })

  it('gives all files of one as an archive', async () => {
    const { number, key } = await upload(store)
    await store.replaceFile(number, 'textures/a.png', new TextEncoder().encode('png'), key)
    const bytes = Buffer.concat(await archiveExhibit(store, await store.get(number)).toArray())
    const files: Record<string, string> = {}
    const zip = await fromBufferPromise(bytes, { lazyEntries: true })
    for await (const entry of zip.eachEntry())
      files[entry.fileName] = await text(await zip.openReadStreamPromise(entry))
    expect(files).toEqual({ 'scene.x3d': '<X3D/>', 'textures/a.png': 'png' })
  })

  it('counts views that come at once', async () => {
    const { number } = await upload(store)
    await Promise.all(Array.from({ length: 8 }, () => store.countView(number)))
    expect((await store.get(number)).views).toBe(8)
  })

  it.each(['../x', '/etc/passwd', 'textures/../../x', 'a\\b', 'textures/', '.hidden', 'a\0b', ''])(
    'refuses the file path %j',
    async (path) => {
      const draft = await store.begin()
      expect(await failure(draft.put(path, bytes('x'), 10))).toBe('FILE_PATH_INVALID')
      const { number, key } = await upload(store)
      expect(await failure(store.openFile(number, path))).toBe('FILE_NOT_FOUND')
      expect(await failure(store.replaceFile(number, path, new Uint8Array(1), key))).toBe('FILE_PATH_INVALID')
    },
  )

  it('does not give out its own record', async () => {
    const { number } = await upload(store)
    for (const path of ['exhibit.json', '../exhibit.json'])
      expect(await failure(store.openFile(number, path))).toBe('FILE_NOT_FOUND')
  })

  it('bounds a file, the files of an upload, uploads under way and the whole site', async () => {
    const small = fixture.make({ siteBytes: 100 })
    expect(await failure((await small.begin()).put('scene.x3d', bytes('x'.repeat(101)), 1000))).toBe(
      'EXHIBIT_QUOTA_EXCEEDED',
    )
    const draft = await store.begin()
    expect(await failure(draft.put('scene.x3d', endless(), 100_000))).toBe('FILE_TOO_LARGE')
    await draft.put('textures/a.png', bytes('x'), 10)
    expect(await failure(draft.put('textures/A.png', bytes('x'), 10))).toBe('FILE_PATH_INVALID')
    for (let i = 1; i < exhibitLimits.assets + 3; i++) await draft.put(`textures/${i}.png`, bytes(''), 10)
    expect(await failure(draft.put('textures/more.png', bytes(''), 10))).toBe('FILE_TOO_LARGE')
    for (let i = 1; i < exhibitLimits.drafts; i++) await store.begin()
    expect(await failure(store.begin())).toBe('EXHIBIT_QUOTA_EXCEEDED')
    await draft.discard()
    await store.begin()
  })

  it('removes what is never finished, and nothing else', async () => {
    const shown = await upload(store)
    const draft = await store.begin()
    await draft.put('scene.x3d', bytes('x'), 10)
    await draft.seal(description)
    now += DRAFT_AGE_MS
    expect(await store.sweep()).toBe(0)
    now += 1
    expect(await store.sweep()).toBe(1)
    expect(await failure(store.finish(draft.number))).toBe('EXHIBIT_NOT_FOUND')
    expect((await store.list()).map(({ number }) => number)).toEqual([shown.number])
  })
})

describe('exhibits on disk', () => {
  let fixture: Awaited<ReturnType<typeof folderFixture>>
  beforeEach(async () => {
    fixture = await folderFixture()
  })
  afterEach(() => fixture.close())

  it('last; a sealed draft can be finished by the next process, a half one is cleared away', async () => {
    const before = fixture.make()
    const shown = await upload(before)
    const sealed = await before.begin()
    await sealed.put('scene.x3d', bytes('x'), 10)
    await sealed.seal(description)
    const half = await before.begin()
    await half.put('scene.x3d', bytes('x'), 10)
    await mkdir(join(fixture.folder, 'exhibits/7'))
    await writeFile(join(fixture.folder, 'tmp/exhibit-abc'), 'half a file')
    await writeFile(join(fixture.folder, 'exhibits/7/exhibit.json'), '{')

    const problems: string[] = []
    const after = createFolderExhibits({
      dataDir: fixture.folder,
      onProblem: (folder) => problems.push(folder),
    })
    expect((await after.list()).map(({ number }) => number)).toEqual([shown.number])
    await after.finish(sealed.number)
    expect(await after.list()).toHaveLength(2)
    expect(await readdir(join(fixture.folder, 'exhibits'))).not.toContain(String(half.number))
    expect(problems).toEqual(['7'])
    expect(await readdir(join(fixture.folder, 'tmp'))).toEqual([])
  })

  it('store the key as a hash only, and leave nothing of what was refused', async () => {
    const store = fixture.make()
    const { number, key } = await upload(store)
    expect(await readFile(join(fixture.folder, 'exhibits', String(number), 'exhibit.json'), 'utf8')).not.toContain(key)
    const draft = await store.begin()
    expect(await failure(draft.put('scene.x3d', endless(), 200_000))).toBe('FILE_TOO_LARGE')
    await draft.discard()
    expect(await readdir(join(fixture.folder, 'tmp'))).toEqual([])
    expect(await readdir(join(fixture.folder, 'exhibits'))).toEqual([String(number)])
  })
})

it.skipIf(smallDiskProblem)(
  `a full disk is told, and has its room again afterwards${smallDiskProblem ? ` (${smallDiskProblem})` : ''}`,
  async () => {
    await withSmallDisk(512, async (folder) => {
      const store = createFolderExhibits({ dataDir: folder })
      const draft = await store.begin()
      expect(await failure(draft.put('animation.json', endless(), exhibitLimits.animationBytes))).toBe('DISK_FULL')
      await draft.discard()
      const { number } = await upload(store)
      expect(await read(store, number, 'scene.x3d')).toBe('<X3D/>')
    })
  },
)
