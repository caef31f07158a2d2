import type { Preparation } from './project-source.js'

interface Running<T> {
  readonly promise: Promise<T>
  readonly control: AbortController
  readonly waiting: Set<Preparation>
  lastLine: string | undefined
}

/**
 * Work that several may want at the same moment and that is done once. It goes on while anybody waits for it, and is
 * aborted when the last one leaves.
 */
export class SharedWork<T> {
  private readonly running = new Map<string, Running<T>>()

  async join(key: string, waiter: Preparation, work: (preparation: Preparation) => Promise<T>): Promise<T> {
    waiter.signal.throwIfAborted()
    const present = this.running.get(key)
    // Work that nobody wants any more is ending: what it leaves is no result.
    if (present?.control.signal.aborted) {
      await present.promise.catch(() => undefined)
      return this.join(key, waiter, work)
    }
    const shared = present ?? this.start(key, work)
    shared.waiting.add(waiter)
    if (shared.lastLine !== undefined) waiter.progress(shared.lastLine)
    let leave: () => void = () => undefined
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(waiter.signal.reason)
      waiter.signal.addEventListener('abort', leave, { once: true })
    })
    try {
      return await Promise.race([shared.promise, left])
    } finally {
      waiter.signal.removeEventListener('abort', leave)
      shared.waiting.delete(waiter)
      if (shared.waiting.size === 0) shared.control.abort()
    }
  }

  private start(key: string, work: (preparation: Preparation) => Promise<T>): Running<T> {
    const control = new AbortController()
    const waiting = new Set<Preparation>()
    const promise = work({
      signal: control.signal,
      progress: (line) => {
        shared.lastLine = line
        for (const { progress } of waiting) progress(line)
      },
    }).finally(() => this.running.delete(key))
    // Everybody who waited may have left.
    promise.catch(() => undefined)
    const shared: Running<T> = { promise, control, waiting, lastLine: undefined }
    this.running.set(key, shared)
    return shared
  }

  /** Aborts everything and waits for its end. */
  async close(): Promise<void> {
    const all = [...this.running.values()]
    for (const { control } of all) control.abort()
    await Promise.allSettled(all.map(({ promise }) => promise))
  }
}
