import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RelayServerConfig } from '@simyard/relay-server'
import { SessionServerConfig } from '@simyard/session-server'
import { SimulationServerConfig } from '@simyard/simulation-server'
import { repositoryRoot } from '@simyard/testkit'
import { expect, test } from 'vitest'

const skipped = new Set(['node_modules', 'dist', '.git', '.simyard'])

function markdown(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? markdown(path) : path.endsWith('.md') ? [path] : []
  })
}

test.each(markdown(repositoryRoot).map((path) => [path.slice(repositoryRoot.length)]))(
  'links of %s lead somewhere',
  (path) => {
    const text = readFileSync(join(repositoryRoot, path), 'utf8').replace(/```[\s\S]*?```/g, '')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target))
    expect(targets.filter((target) => !existsSync(join(repositoryRoot, dirname(path), target)))).toEqual([])
  },
)

/** What stands in the column of defaults. */
function usual(key: string, value: unknown): string {
  if (value === undefined) return 'unset'
  if (Array.isArray(value)) return 'empty'
  if (typeof value === 'object') return 'see below'
  // It depends on the machine.
  return key === 'maxConnections' ? '8 per core' : String(value)
}

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8')

test.each([
  ['session-server', SessionServerConfig.shape],
  ['simulation-server', SimulationServerConfig.shape],
  ['relay', RelayServerConfig.shape],
] as const)('docs/operations/%s.md has every key with its default and its meaning', (name, shape) => {
  const section = read(`docs/operations/${name}.md`).split('## Keys')[1]!.split('\n#')[0]!
  const documented = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)].map((row) => row.slice(1))
  const expected = Object.entries(shape).map(([key, schema]) => {
    const { success, data } = schema.safeParse(undefined)
    return [key, success ? usual(key, data) : 'required', schema.description]
  })
  expect(documented).toEqual(expected)
})

test('the sample of docs/operations/session-server.md is valid once its secrets are filled in, and not before', () => {
  const sample = /```json\n([\s\S]*?)```/.exec(read('docs/operations/session-server.md'))![1]!
  const filled = sample.replaceAll('"…"', '"a-secret-that-is-long-enough"')
  expect(SessionServerConfig.safeParse(JSON.parse(filled)).error).toBeUndefined()
  expect(SessionServerConfig.safeParse(JSON.parse(sample)).success).toBe(false)
})

test('the configurations that ship are valid', () => {
  const config = (path: string) => JSON.parse(read(`config/${path}`)) as unknown
  expect(SessionServerConfig.safeParse(config('session/local.json')).error).toBeUndefined()
  expect(SimulationServerConfig.safeParse(config('simulation/local.json')).error).toBeUndefined()
  expect(RelayServerConfig.safeParse(config('relay/local.json')).error).toBeUndefined()
})

test('every package says its role in one sentence, in its manifest and its README', () => {
  for (const group of ['packages', 'apps']) {
    for (const name of readdirSync(join(repositoryRoot, group))) {
      const folder = join(repositoryRoot, group, name)
      const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { description?: string }
      expect(description, folder).toMatch(/\.$/)
      expect(readFileSync(join(folder, 'README.md'), 'utf8'), folder).toMatch(/^# /)
    }
  }
})

test.each([
  ['docs/operations.md', ['session-server', 'simulation-server']],
  ['docs/operations/relay.md', ['relay-server']],
] as const)('%s explains every metric', (page, apps) => {
  const sources = apps.flatMap((app) =>
    readdirSync(join(repositoryRoot, 'apps', app, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(join('apps', app, 'src', path))),
  )
  const names = new Set(sources.flatMap((text) => [...text.matchAll(/'(simyard_[a-z_]+)'/g)].map(([, name]) => name)))
  const documented = new Set([...read(page).matchAll(/`(simyard_[a-z_]+)/g)].map(([, name]) => name))
  expect([...names].sort()).toEqual([...documented].sort())
})
