import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { SimyardError } from '@simyard/protocol'

export interface UploadedFile {
  /** Name of the form's field. */
  readonly field: string
  /** Without folders; empty when the form has a place for a file and none in it. */
  readonly name: string
  readonly content: AsyncIterable<Uint8Array>
}

export interface FormLimits {
  readonly files: number
  /** Of the whole request. */
  readonly bytes: number
}

const MOST_FIELDS = 20
const MOST_FIELD_BYTES = 4096

/**
 * Gives the files of a multipart form one after the other, while they come. When it rejects, no `take` is at work any
 * more, and what the sender still sends is read and dropped, so that it gets to see the answer.
 */
export function readUpload(
  request: IncomingMessage,
  limits: FormLimits,
  take: (file: UploadedFile) => Promise<void>,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > limits.bytes) {
    drop(request, limits.bytes)
    throw new SimyardError('FILE_TOO_LARGE', `The upload has more than ${limits.bytes} bytes.`)
  }
  const form = openForm(request, limits)
  const streams: Readable[] = []
  let work = Promise.resolve()
  return new Promise<void>((resolve, reject) => {
    let failed = false
    const fail = (error: unknown): void => {
      if (failed) return
      failed = true
      request.unpipe(form)
      drop(request, limits.bytes)
      for (const stream of streams) stream.destroy()
      work.then(
        () => reject(error),
        // Who refuses a file ends its stream, which may come back as a broken form before the reason does.
        (refusal: unknown) => reject(refusal instanceof SimyardError ? refusal : error),
      )
    }
    const broken = (cause?: unknown): void =>
      fail(new SimyardError('REQUEST_INVALID', 'The upload is no form with files, or was cut off.', { cause }))
    form.on('file', (field, stream, name) => {
      streams.push(stream)
      stream.on('error', broken)
      work = work.then(() => take({ field: String(field), name: name ?? '', content: stream }))
      work.catch(fail)
    })
    form.on('filesLimit', () =>
      fail(new SimyardError('FILE_TOO_LARGE', `The upload has more than ${limits.files} files.`)),
    )
    form.on('error', broken)
    form.on('finish', () => void work.then(resolve, fail))
    request.on('error', broken)
    request.once('close', () => {
      if (!request.complete) broken()
    })
    request.pipe(form)
  })
}

function openForm(request: IncomingMessage, limits: FormLimits): Busboy {
  const headers = request.headers as BusboyHeaders
  try {
    return new Busboy({
      headers,
      limits: {
        files: limits.files,
        fields: MOST_FIELDS,
        fieldSize: MOST_FIELD_BYTES,
        headerPairs: 20,
        headerSize: 4096,
      },
    })
  } catch (cause) {
    drop(request, limits.bytes)
    throw new SimyardError('REQUEST_INVALID', 'The upload is no form with files.', { cause })
  }
}

/** Reads on without keeping anything, and ends the connection after so many bytes more. */
function drop(request: IncomingMessage, mostBytes: number): void {
  let read = 0
  request.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > mostBytes) request.destroy()
  })
  request.resume()
}
