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
  private readonly closing = new AbortController()

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
    if (this.closing.signal.aborted) return
    this.timer = setTimeout(() => void this.start(), this.options.intervalMs)
  }

  private async poll(): Promise<void> {
    const { member, fleet } = this
    if (fleet.hasLease(member.entry)) return
    const deadline = AbortSignal.timeout(this.options.timeoutMs)
    try {
      const report = await beforeEnd(member.report(AbortSignal.any([deadline, this.closing.signal])), deadline)
      if (this.closing.signal.aborted) return
      fleet.report(member.entry, report, performance.now())
    } catch (error) {
      if (this.closing.signal.aborted) return
      const reason = deadline.aborted
        ? `it has not answered within ${this.options.timeoutMs / 1000} s`
        : sentence(error)
      fleet.silence(member.entry, reason, performance.now())
    }
    this.options.polled()
  }

  close(): void {
    clearTimeout(this.timer)
    this.closing.abort()
  }
}

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
