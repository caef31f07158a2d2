import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { repositoryRoot } from '@simyard/testkit'
import { expect, test } from 'vitest'

const dist = join(repositoryRoot, 'apps/web-view/dist')
/** What a page loads before it shows anything, gzipped. */
const LIMIT = 250_000

/** A script and everything that it imports at once. */
function withImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = readFileSync(join(dist, name), 'utf8')
  for (const [, file] of text.matchAll(/(?:from|import) ?"\.\/([\w.-]+)"/g)) withImports(file!, seen)
  return seen
}

test('a page loads less than 250 kB of script for the view', () => {
  expect(existsSync(join(dist, 'simyard-view.js'))).toBe(true)
  const files = withImports('simyard-view.js')
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0)
  expect(files.size).toBeLessThanOrEqual(4)
  expect(bytes).toBeLessThan(LIMIT)
  // It is the real thing and not a loader of it.
  expect(bytes).toBeGreaterThan(100_000)
})
