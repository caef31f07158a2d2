import { isRecord, parseJson } from './message.js'

export interface QueuePlace {
  /** 1 is the next. */
  readonly place: number
  /** Undefined when nobody can tell. */
  readonly estimateSeconds: number | undefined
}

interface Ticket extends QueuePlace {
  readonly ticket: string
  readonly retryAfterMs: number
}

/**
 * Waits in the queue of a session server that has one for the next free seat. Resolves to the simulation server's address;
 * to undefined when this session server has no queue. Leaves the queue when the signal is aborted.
 * @param session the address of `/session`, beside which the queue is.
 */
export async function waitForSeat(
  session: string,
  world: string,
  tell: (place: QueuePlace) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const queue = new URL('api/v1/sessions', new URL(session, location.href).href.split('?')[0])
  let answer = await ask(queue, { method: 'POST', body: JSON.stringify({ url: world }), signal })
  let ticket: string | undefined
  try {
    while (typeof answer === 'object') {
      ticket = answer.ticket
      tell(answer)
      await pause(answer.retryAfterMs, signal)
      const place: URL = new URL(`${queue.href}/${encodeURIComponent(ticket)}`)
      // One lost answer is no reason to lose the place: the server keeps it for some seconds.
      answer = (await ask(place, { signal })) ?? (await ask(place, { signal }))
    }
    return answer
  } catch (error) {
    if (ticket !== undefined) {
      void fetch(`${queue.href}/${encodeURIComponent(ticket)}`, { method: 'DELETE', keepalive: true }).catch(() => {})
    }
    throw error
  }
}

/** A server's address, a place in the queue, or undefined for an answer that is neither. */
async function ask(url: URL, init: RequestInit): Promise<string | Ticket | undefined> {
  try {
    const response = await fetch(url, { ...init, cache: 'no-store', headers: { 'Content-Type': 'application/json' } })
    const answer = parseJson(await response.text())
    if (!isRecord(answer)) return undefined
    if (typeof answer.server === 'string') return answer.server
    const { ticket, place, estimateSeconds, retryAfterMs } = answer
    if (typeof ticket !== 'string' || typeof place !== 'number') return undefined
    return {
      ticket,
      place,
      estimateSeconds: typeof estimateSeconds === 'number' ? estimateSeconds : undefined,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : 1000,
    }
  } catch (error) {
    if (init.signal?.aborted) throw error
    return undefined
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(new DOMException('The connection was closed.', 'AbortError'))
      },
      { once: true },
    )
  })
}

/** `place 3 in the queue, about 2 min`. */
export function placeText({ place, estimateSeconds }: QueuePlace): string {
  const when =
    estimateSeconds === undefined
      ? ''
      : estimateSeconds < 60
        ? `, about ${Math.max(5, Math.ceil(estimateSeconds / 5) * 5)} s`
        : `, about ${Math.ceil(estimateSeconds / 60)} min`
  return place === 1 ? `you are next${when}` : `place ${place} in the queue${when}`
}
