import { SimyardError } from '@simyard/protocol'
import type { z } from 'zod'

/** A payload in the form that the schema gives it, or ROOM_BAD_MESSAGE with what is wrong. */
export function checked<T>(schema: z.ZodType<T>, payload: unknown, event: string): T {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.') || 'its payload'
  throw new SimyardError('ROOM_BAD_MESSAGE', `${event}: ${field} is wrong. ${issue?.message ?? ''}`)
}
