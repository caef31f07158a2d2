import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

const operations = readFileSync(join(repositoryRoot, 'docs/operations.md'), 'utf8')
const projects = readFileSync(join(repositoryRoot, 'docs/operations/projects.md'), 'utf8')
const keysOf = (text: string) => [...text.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key)

test.each([
  ['Session server', SessionServerConfig, []],
  ['Simulation server', SimulationServerConfig, keysOf(projects)],
] as const)('the docs have every key of the %s', (title, schema, elsewhere) => {
  const section = operations.split(`### ${title}`)[1]!.split('\n#')[0]!
  const documented = [...keysOf(section), ...elsewhere]
  expect(documented.sort()).toEqual(Object.keys(schema.shape).sort())
})

test('the configurations that ship are valid', () => {
  const read = (path: string) => JSON.parse(readFileSync(join(repositoryRoot, 'config', path), 'utf8')) as unknown
  expect(SessionServerConfig.safeParse(read('session/local.json')).error).toBeUndefined()
  expect(SimulationServerConfig.safeParse(read('simulation/local.json')).error).toBeUndefined()
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
