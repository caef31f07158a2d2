import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCatalogue } from './errors.js'

const documented = [
  ...readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8').matchAll(/^\| `([A-Z_]+)`\s*\|/gm),
].map(([, code]) => code!)
/** Diagnostics that are never errors. */
const warnings = ['SCENE_UNKNOWN_NODE', 'SCENE_NOT_SIMULATED']

test('every code of the catalogue has a row in docs/errors.md', () => {
  expect(Object.keys(errorCatalogue).filter((code) => !documented.includes(code))).toEqual([])
})

test('every row of docs/errors.md is a code of the catalogue', () => {
  expect(documented.filter((code) => !(code in errorCatalogue) && !warnings.includes(code))).toEqual([])
  expect(new Set(documented).size).toBe(documented.length)
})
