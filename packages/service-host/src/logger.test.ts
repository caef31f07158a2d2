import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogger, expandPath } from './logger.js'
import { RotatingFile } from './rotating-file.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-log-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const written = () => readFileSync(join(folder, 'session/output.log'), 'utf8')

test("a file has the originals' lines", () => {
  const log = createLogger({ name: 'session-server', logDir: folder, subfolder: 'session', level: 'info' })
  log.info('Session server running on port 1999')
  log.warn({ err: new Error('it is gone') }, 'a:2000 does not answer')
  log.debug('not shown')
  const lines = written().split('\n')
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[INFO {3}\] {2}Session server running on port 1999$/)
  expect(lines[1]).toMatch(/ \[WARNING\] {2}a:2000 does not answer: it is gone$/)
  expect(lines.slice(2)).toEqual([''])
})

test('what clients send cannot write lines of its own', () => {
  const log = createLogger({ name: 'session-server', logDir: folder, level: 'info' })
  log.info('[h] Ignored client message: a\n2026-01-01 00:00:00,000 [INFO   ]  forged \u001b[31m')
  expect(written().trimEnd().split('\n')).toHaveLength(1)
  expect(written()).toContain('a\\u000a2026')
  expect(written()).not.toContain('\u001b')
})

test('a file can have JSON lines', () => {
  createLogger({ name: 'session-server', logDir: folder, logFormat: 'json', level: 'info' }).info({ code: 'X' }, 'text')
  expect(JSON.parse(written())).toMatchObject({ msg: 'text', code: 'X', name: 'session-server' })
})

test('a folder that cannot be written is told at once', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => createLogger({ name: 'x', logDir: join(folder, 'file') })).toThrow(/cannot be written.*logDir/)
})

test('full files are put aside, ten of them', () => {
  const path = join(folder, 'output.log')
  const file = new RotatingFile({ path, maxBytes: 100, backups: 3 })
  for (let number = 0; number < 50; number++) file.write(`line ${String(number).padStart(3, '0')} of the log\n`)
  expect(readdirSync(folder).sort()).toEqual(['output.log', 'output.log.1', 'output.log.2', 'output.log.3'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100)
  // In order and without a gap over the files.
  const kept = ['.3', '.2', '.1', ''].map((end) => readFileSync(path + end, 'utf8')).join('')
  const numbers = [...kept.matchAll(/line (\d+)/g)].map(([, digits]) => Number(digits))
  expect(numbers).toEqual(numbers.map((_, index) => 50 - numbers.length + index))
  // A new start goes on in the same file.
  new RotatingFile({ path, maxBytes: 1000, backups: 3 }).write('after the start\n')
  expect(readFileSync(path, 'utf8')).toMatch(/line 049 of the log\nafter the start\n$/)
})

test.skipIf(!existsSync('/dev/full'))('a full disk loses lines, not the server', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const file = new RotatingFile({ path: '/dev/full', maxBytes: 1e6, backups: 1 })
  file.write('one\n')
  file.write('two\n')
  expect(told).toHaveBeenCalledTimes(1)
  expect(String(told.mock.calls[0])).toContain('ENOSPC')
})

test('paths are written as in a shell', () => {
  vi.stubEnv('PLACE', '/srv')
  expect(expandPath('~/log')).toBe(join(homedir(), 'log'))
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what an operator writes
  expect([expandPath('$PLACE/log'), expandPath('${PLACE}/log'), expandPath('/a~b')]).toEqual([
    '/srv/log',
    '/srv/log',
    '/a~b',
  ])
  expect(expandPath('$NOBODY_SET_THIS/x')).toMatch(/\$NOBODY_SET_THIS\/x$/)
})
