import { Agent, get, type IncomingMessage } from 'node:http'
import { get as getSecure, Agent as SecureAgent } from 'node:https'

/** Longer answers are not those of a simulation server. */
const MAX_BYTES = 64 * 1024
const agents = { plain: new Agent({ keepAlive: true }), secure: new SecureAgent({ keepAlive: true }) }

export interface TextAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/**
 * The answer to a GET, whole before the signal's end: a server that hangs, or sends a byte now and then, takes no
 * longer than one that is quick. Redirects are answers like others.
 */
export async function getText(url: string, signal: AbortSignal): Promise<TextAnswer> {
  try {
    return await request(url, signal)
  } catch (error) {
    // The server had just closed the connection that was kept from the last time.
    if (!(error instanceof StaleConnection) || signal.aborted) throw error
    return request(url, signal)
  }
}

class StaleConnection extends Error {}

function request(url: string, signal: AbortSignal): Promise<TextAnswer> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:')
    const options = { signal, headers: { Accept: 'application/json, text/*' } }
    const onResponse = (response: IncomingMessage) => read(response).then(resolve, reject)
    const sent = secure
      ? getSecure(url, { ...options, agent: agents.secure }, onResponse)
      : get(url, { ...options, agent: agents.plain }, onResponse)
    sent.on('error', (error: NodeJS.ErrnoException) => {
      reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection(error.message) : error)
    })
  })
}

async function read(response: IncomingMessage): Promise<TextAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) {
      response.destroy()
      throw new Error(`its answer is longer than ${MAX_BYTES / 1024} KiB`)
    }
    chunks.push(chunk)
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).toString('utf8'),
  }
}
