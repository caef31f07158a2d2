import type { Logger } from '@simyard/service-host'

export interface Announcement {
  /** Public address of this server, `https://host/2000`. */
  readonly url: string
  /** Percent. */
  readonly shareIdleTime: number
  readonly allowedRepositories: readonly string[]
}

const TRIES = 6
const RETRY_MS = 5000
const TIMEOUT_MS = 10_000

/**
 * Tells registration addresses where this server is, as the original does, but after its port is open, so that they can
 * ask it back. What they answer is logged; a failure is no reason to stop.
 */
export async function announce(
  addresses: readonly string[],
  announcement: Announcement,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const body = new URLSearchParams({
    url: announcement.url,
    shareIdleTime: String(announcement.shareIdleTime),
    allowedRepositories: announcement.allowedRepositories.join(','),
  })
  await Promise.all(addresses.map((address) => announceTo(address, body, log, signal)))
}

async function announceTo(address: string, body: URLSearchParams, log: Logger, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; attempt <= TRIES && !signal.aborted; attempt++) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const response = await fetch(address, { method: 'POST', body, signal: limit })
      const text = (await response.text()).slice(0, 300)
      if (response.ok) return log.info({ address }, `Announced: ${text}`)
      throw new Error(`status ${response.status}: ${text}`)
    } catch (error) {
      if (signal.aborted) return
      log.warn({ address, attempt, err: error }, 'this server could not be announced')
    }
    if (attempt < TRIES) await pause(RETRY_MS, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
