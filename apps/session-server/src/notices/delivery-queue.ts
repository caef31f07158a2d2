import type { Logger } from '@simyard/service-host'

export interface DeliveryOptions<Item> {
  /** For the log: `mail`, `webhook http://…`. */
  readonly name: string
  /** Rejects when it has to be tried again; with `Undeliverable`, when that would not help. */
  readonly send: (item: Item, signal: AbortSignal) => Promise<void>
  readonly log: Logger
  readonly firstRetryMs?: number
}

/** What the receiver does not take, however often it is sent. */
export class Undeliverable extends Error {}

/** More than this wait only when the receiver is away for long; the oldest are given up. */
const CAPACITY = 200
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 60_000
/** A day at the slowest rhythm. */
const MAX_TRIES = 1440

/** Sends one after the other in the background and tries again later what was not taken. Nobody waits for it. */
export class DeliveryQueue<Item> {
  private readonly items: Item[] = []
  private sending = false
  private timer: NodeJS.Timeout | undefined
  private readonly closing = new AbortController()
  private retryMs: number
  private tries = 0

  constructor(private readonly options: DeliveryOptions<Item>) {
    this.retryMs = this.firstRetryMs
  }

  private get firstRetryMs(): number {
    return this.options.firstRetryMs ?? FIRST_RETRY_MS
  }

  get length(): number {
    return this.items.length
  }

  push(item: Item): void {
    if (this.closing.signal.aborted) return
    if (this.items.length >= CAPACITY) {
      // The first one may be under way.
      this.items.splice(1, 1)
      this.options.log.warn(`${this.options.name}: more than ${CAPACITY} wait; the oldest one is given up.`)
    }
    this.items.push(item)
    if (!this.sending && this.timer === undefined) void this.work()
  }

  private async work(): Promise<void> {
    this.sending = true
    this.timer = undefined
    const { name, log, send } = this.options
    while (this.items.length > 0 && !this.closing.signal.aborted) {
      try {
        await send(this.items[0]!, this.closing.signal)
        if (this.tries > 0) log.info(`${name}: delivered after ${this.tries + 1} tries.`)
      } catch (error) {
        if (this.closing.signal.aborted) break
        const { message } = error as Error
        const final = error instanceof Undeliverable || ++this.tries >= MAX_TRIES
        if (!final) {
          if (this.tries === 1) log.warn(`${name}: not delivered, and tried again later: ${message}`)
          this.timer = setTimeout(() => void this.work(), this.retryMs)
          this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS)
          break
        }
        log.error(`${name}: given up: ${message}`)
      }
      this.items.shift()
      this.tries = 0
      this.retryMs = this.firstRetryMs
    }
    this.sending = false
  }

  close(): void {
    clearTimeout(this.timer)
    this.closing.abort()
    if (this.items.length > 0) this.options.log.warn(`${this.options.name}: ${this.items.length} not delivered.`)
  }
}
