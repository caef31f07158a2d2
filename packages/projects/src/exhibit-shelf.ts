import * as z from 'zod'
import type { ExhibitContent } from './exhibit.js'

/** What is written down of an exhibit. */
export const ExhibitRecord = z.strictObject({
  number: z.int().positive(),
  kind: z.enum(['scene', 'animation', 'recording']),
  title: z.string(),
  info: z.array(z.string()),
  version: z.string(),
  durationMs: z.number(),
  files: z.array(z.strictObject({ path: z.string(), size: z.int() })),
  views: z.int(),
  createdAt: z.string(),
  keyHash: z.string(),
  /** Whether its upload was finished. */
  shown: z.boolean(),
})
export type ExhibitRecord = z.infer<typeof ExhibitRecord>

/** Where the bytes are. Knows neither limits nor keys. */
export interface ExhibitShelf {
  /** Records of all that last; what was never recorded is cleared away. */
  load(): Promise<readonly ExhibitRecord[]>
  /** Returns the bytes written. The file is whole or not there. */
  put(number: number, path: string, content: AsyncIterable<Uint8Array>): Promise<number>
  save(record: ExhibitRecord): Promise<void>
  open(number: number, path: string): Promise<ExhibitContent>
  remove(number: number): Promise<void>
}
