import type { Logger } from '@simyard/service-host'
import { DeliveryQueue, Undeliverable } from './delivery-queue.js'

/** What a webhook gets. */
export interface Notice {
  readonly type: string
  /** A sentence for people. */
  readonly text: string
  /** The simulation server that it is about. */
  readonly entry?: string
  readonly load?: number
  readonly reason?: string
  /** ISO 8601. */
  readonly at: string
  readonly monitor: string
}

const TIMEOUT_MS = 10_000

/** Posts each event as JSON to every address of the configuration. */
export class Webhooks {
  private readonly queues: readonly DeliveryQueue<Notice>[]

  constructor(urls: readonly string[], log: Logger, firstRetryMs?: number) {
    this.queues = urls.map(
      (url) =>
        new DeliveryQueue<Notice>({
          name: `webhook ${new URL(url).host}`,
          send: (notice, signal) => post(url, notice, signal),
          log,
          firstRetryMs,
        }),
    )
  }

  tell(notice: Notice): void {
    for (const queue of this.queues) queue.push(notice)
  }

  get waiting(): number {
    return this.queues.reduce((sum, queue) => sum + queue.length, 0)
  }

  close(): void {
    for (const queue of this.queues) queue.close()
  }
}

async function post(url: string, notice: Notice, closing: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'simyard' },
    body: JSON.stringify(notice),
    redirect: 'manual',
    signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  await response.body?.cancel()
  if (response.ok) return
  const sentence = `it answers with status ${response.status}`
  // 4xx is a no, except for those that say "later".
  const later = response.status === 408 || response.status === 429 || response.status >= 500
  throw later ? new Error(sentence) : new Undeliverable(sentence)
}
