import { readFileSync } from 'node:fs'
import { SimyardError } from '@simyard/protocol'
import type { z } from 'zod'

/** Reads a JSON configuration. Unknown keys are errors that suggest the nearest known one. */
export function readConfig<Schema extends z.ZodObject>(path: string, schema: Schema): z.infer<Schema> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SimyardError('CONFIG_INVALID', `The configuration file ${path} cannot be read.`, { cause })
  }
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new SimyardError('CONFIG_INVALID', `${path} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
  return parseConfig(path, raw, schema)
}

export function parseConfig<Schema extends z.ZodObject>(name: string, raw: unknown, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(raw)
  if (result.success) return result.data
  const known = Object.keys(schema.shape)
  const sentences = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys
        .map((key) => {
          const near = nearest(key, known)
          return `unknown key "${key}"${near ? `, did you mean "${near}"?` : ''}`
        })
        .join('; ')
    }
    return `${issue.path.join('.') || 'the file'}: ${issue.message}`
  })
  throw new SimyardError('CONFIG_INVALID', `${name}: ${sentences.join('; ')}`)
}

/** The known word with the smallest edit distance, if it is near enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]!
}
