import type { IncomingMessage } from 'node:http'
import { SimyardError } from '@simyard/protocol'
import type { z } from 'zod'

const MAX_BYTES = 64 * 1024

/** The whole body as text. Rejects with REQUEST_INVALID when it is too long. */
export async function textBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES)
      throw new SimyardError('REQUEST_INVALID', `The body is longer than ${MAX_BYTES / 1024} KiB.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A JSON body of a known form; an empty one is an empty object. */
export async function jsonBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await textBody(request)
  let raw: unknown
  try {
    raw = text.trim() === '' ? {} : JSON.parse(text)
  } catch (cause) {
    throw new SimyardError('REQUEST_INVALID', `The body is not JSON: ${(cause as Error).message}`, { cause })
  }
  return parsed(raw, schema)
}

export function parsed<Schema extends z.ZodType>(raw: unknown, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(raw)
  if (result.success) return result.data
  const sentences = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
  throw new SimyardError('REQUEST_INVALID', `The request is not understood: ${sentences.join('; ')}.`)
}
