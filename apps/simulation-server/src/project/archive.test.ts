import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { SimyardError } from '@simyard/protocol'
import { smallDiskProblem, withSmallDisk } from '@simyard/testkit'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { extractArchive } from './archive.js'
import type { ProjectLimits } from './project-limits.js'

const limits: ProjectLimits = { bytes: 4 * 1024 * 1024, files: 100, timeoutMs: 10_000 }
const patient = new AbortController().signal

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-archive-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface EntryOptions {
  readonly mode?: number
  readonly compress?: boolean
}

async function zip(
  ...entries: (readonly [name: string, content: string | Buffer, options?: EntryOptions])[]
): Promise<Buffer> {
  const file = new ZipFile()
  for (const [name, content, options] of entries) file.addBuffer(Buffer.from(content), name, options)
  file.end()
  return buffer(file.outputStream)
}

/** The archive with every occurrence of a text replaced by another of the same length: names stand in it as they are. */
function renamed(archive: Buffer, from: string, to: string): Buffer {
  return Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1')
}

async function extract(archive: Buffer, changes: Partial<ProjectLimits> = {}, signal = patient): Promise<string[]> {
  const file = join(folder, 'archive.zip')
  const into = join(folder, 'deep/er/into')
  rmSync(join(folder, 'deep'), { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  writeFileSync(file, archive)
  try {
    await extractArchive(file, into, { ...limits, ...changes }, signal)
  } finally {
    // Whatever the archive is: nothing beside the folder.
    expect(readdirSync(folder).sort()).toEqual(['archive.zip', 'deep'])
    expect(readdirSync(join(folder, 'deep'))).toEqual(['er'])
    expect(readdirSync(join(folder, 'deep/er'))).toEqual(['into'])
  }
  return readdirSync(into, { recursive: true }).map(String).sort()
}

const CENTRAL = 'PK\u0001\u0002'

/** Changes a field of the first central directory entry. */
function patched(archive: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(archive)
  copy.writeUInt32LE(value, copy.indexOf(CENTRAL, 0, 'latin1') + offset)
  return copy
}

test('files, folders and programs', async () => {
  const archive = await zip(
    ['worlds/a.wbt', 'world'],
    ['controllers/c/c.py', 'print(1)', { mode: 0o100755 }],
    ['empty.txt', '', { compress: false }],
  )
  expect(await extract(archive)).toEqual([
    'controllers',
    'controllers/c',
    'controllers/c/c.py',
    'empty.txt',
    'worlds',
    'worlds/a.wbt',
  ])
  const into = join(folder, 'deep/er/into')
  expect(readFileSync(join(into, 'worlds/a.wbt'), 'utf8')).toBe('world')
  expect(statSync(join(into, 'controllers/c/c.py')).mode & 0o777).toBe(0o755)
  expect(statSync(join(into, 'worlds/a.wbt')).mode & 0o777).toBe(0o644)
})

describe('hostile archives', () => {
  const one = () => zip(['aa/bb/cc.py', 'content'])
  test.each<[string, () => Promise<Buffer>, RegExp]>([
    [
      'a path that goes up',
      async () => renamed(await one(), 'aa/bb/cc.py', '../../cc.py'),
      /not a path|invalid relative/,
    ],
    [
      'a path that goes up in its middle',
      async () => renamed(await one(), 'aa/bb/cc.py', 'aa/../../.p'),
      /not a path|invalid/,
    ],
    ['an absolute path', async () => renamed(await one(), 'aa/bb/cc.py', '/tmp/cc.pyx'), /absolute path|not a path/],
    ['a drive', async () => renamed(await one(), 'aa/bb/cc.py', 'C:/bb/cc.py'), /absolute path|not a path/],
    ['backslashes', async () => renamed(await one(), 'aa/bb/cc.py', '..\\..\\cc.py'), /invalid characters|not a path/],
    ['an empty part', async () => renamed(await one(), 'aa/bb/cc.py', 'aa//b/cc.py'), /not a path/],
    ['a zero byte', async () => renamed(await one(), 'aa/bb/cc.py', 'aa/bb/c\0.py'), /not a path/],
    ['too many levels', () => zip([`${'a/'.repeat(40)}x`, '1']), /too deep/],
    ['a very long name', () => zip([`${'a'.repeat(280)}`, '1']), /too long/],
    ['a link', () => zip(['link', '/etc/passwd', { mode: 0o120777 }]), /link or a device/],
    ['a device', () => zip(['device', '', { mode: 0o020666 }]), /link or a device/],
    ['a pipe', () => zip(['pipe', '', { mode: 0o010666 }]), /link or a device/],
    ['a file twice', () => zip(['a.py', '1'], ['a.py', '2']), /twice/],
    ['a file that is a folder too', () => zip(['a', '1'], ['a/b', '2']), /cannot be unpacked/],
    ['a size that is too small', async () => patched(await zip(['a', 'x'.repeat(1000)]), 24, 10), /bytes|size/],
    ['a size that is too large', async () => patched(await zip(['a', 'x'.repeat(1000)]), 24, 1001), /bytes|size/],
    ['a wrong checksum', async () => patched(await one(), 16, 12_345), /checksum/],
    ['a local header elsewhere', async () => patched(await one(), 42, 0x7fff_ff00), /cannot be unpacked/],
    ['too much for its size', () => zip(['zeros', Buffer.alloc(3 * 1024 * 1024)]), /200 times/],
    [
      'half of it',
      async () => (await zip(['a', Buffer.from('abcdefgh'.repeat(100))])).subarray(0, 60),
      /cannot be unpacked/,
    ],
    ['nothing', async () => Buffer.alloc(0), /cannot be unpacked/],
    ['a page of a website', async () => Buffer.from('<!doctype html><title>504</title>'), /cannot be unpacked/],
  ])('%s', async (_name, make, message) => {
    const error = await extract(await make()).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(SimyardError)
    expect(error).toMatchObject({ code: 'PROJECT_ARCHIVE_INVALID', message: expect.stringMatching(message) })
  })

  test.each<[string, () => Promise<Buffer>, Partial<ProjectLimits>]>([
    [
      'bytes',
      () => zip(['a', Buffer.from('abcd'.repeat(5000))], ['b', Buffer.from('efgh'.repeat(5000))]),
      { bytes: 30_000 },
    ],
    ['a size beyond everything', async () => patched(await zip(['a', 'x'.repeat(2000)]), 24, 0x0fff_ffff), {}],
    ['entries', () => zip(...Array.from({ length: 20 }, (_, i) => [`f${i}`, '1'] as const)), { files: 19 }],
  ])('too large: %s', async (_name, make, changes) => {
    await expect(extract(await make(), changes)).rejects.toMatchObject({
      code: expect.stringMatching(/PROJECT_TOO_LARGE|PROJECT_ARCHIVE_INVALID/),
    })
  })

  test('an archive in an archive stays one', async () => {
    const inner = await zip(['zeros', Buffer.alloc(1024 * 1024)])
    expect(await extract(await zip(['inner.zip', inner]))).toEqual(['inner.zip'])
  })

  test('damaged anywhere, it stays inside and gives a coded error or its files', async () => {
    const good = await zip(['a/b.py', 'print(1)'.repeat(50)], ['worlds/c.wbt', 'world', { compress: false }])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.option(fc.nat(good.length), { nil: undefined }),
        async (changes, cut) => {
          const bad = Buffer.from(good)
          for (const [offset, value] of changes) bad[offset] = value
          await extract(bad.subarray(0, cut)).catch((error: unknown) => {
            expect(error).toBeInstanceOf(SimyardError)
            expect((error as SimyardError).code).toMatch(/^(PROJECT_ARCHIVE_INVALID|PROJECT_TOO_LARGE)$/)
          })
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any names: what is unpacked is what was packed, or nothing', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9._\- ]{1,8}(\/[a-zA-Z0-9._\- ]{1,8}){0,3}$/)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, fc.string()), { maxLength: 6, selector: ([path]) => path }),
        async (files) => {
          let archive: Buffer
          try {
            archive = await zip(...files)
          } catch {
            // The writer refuses names of its own account.
            return
          }
          const done = await extract(archive).then(
            () => true,
            () => false,
          )
          if (!done) return
          for (const [path, content] of files)
            expect(readFileSync(join(folder, 'deep/er/into', path), 'utf8')).toBe(Buffer.from(content).toString())
        },
      ),
      { numRuns: 100 },
    )
  })

  test('a visitor who leaves ends the unpacking', async () => {
    const leaving = new AbortController()
    leaving.abort()
    await expect(extract(await zip(['a', 'b']), {}, leaving.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

test.skipIf(smallDiskProblem !== undefined)(
  `a full disk is told by its name${smallDiskProblem ? ` (skipped: ${smallDiskProblem})` : ''}`,
  () =>
    withSmallDisk(128, async (small) => {
      const file = join(folder, 'archive.zip')
      const noise = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7919 + (i >> 5) * 31) & 255))
      writeFileSync(file, await zip(['a.bin', noise]))
      await expect(extractArchive(file, small, limits, patient)).rejects.toMatchObject({ code: 'DISK_FULL' })
    }),
)
