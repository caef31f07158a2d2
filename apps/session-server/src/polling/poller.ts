import type { Fleet } from '@simyard/fleet'
import type { FleetMember } from './member.js'

export interface PollerOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Called after each poll. */
  readonly polled: () => void
}

/** Asks one simulation server in a rhythm of its own: one that hangs delays nobody but itself. */
export class Poller {
  private timer: NodeJS.Timeout | undefined
  /** Ends the poll that is under way. */
  private polling: AbortController | undefined
  private closed = false

  constructor(
    readonly member: FleetMember,
    private readonly fleet: Fleet,
    private readonly options: PollerOptions,
  ) {}

  /** Resolves after the first poll, which takes no longer than the time-out. */
  async start(): Promise<void> {
    await this.poll()
    this.again()
  }

  private again(): void {
    if (this.closed) return
    this.timer = setTimeout(() => void this.start(), this.options.intervalMs)
  }

  private async poll(): Promise<void> {
    const { member, fleet } = this
    if (this.closed || fleet.hasLease(member.entry)) return
    const polling = new AbortController()
    this.polling = polling
    const deadline = setTimeout(() => polling.abort(new TooLate()), this.options.timeoutMs)
    try {
      const report = await beforeEnd(member.report(polling.signal), polling.signal)
      if (this.closed) return
      fleet.report(member.entry, report, performance.now())
    } catch (error) {
      if (this.closed) return
      const late = polling.signal.reason instanceof TooLate
      const reason = late ? `it has not answered within ${this.options.timeoutMs / 1000} s` : sentence(error)
      fleet.silence(member.entry, reason, performance.now())
    } finally {
      clearTimeout(deadline)
    }
    this.options.polled()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.polling?.abort()
  }
}

class TooLate extends Error {}

/** A member that does not heed the signal delays its own rhythm no more than one that does. */
function beforeEnd<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens on its port'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'it closes the connection without an answer'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name is not known'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'its machine cannot be reached'
    default:
      return code?.startsWith('HPE_') ? 'it does not answer in HTTP' : message
  }
}
