import type { NodeState } from '@simyard/fleet'

/** What the session server says of itself at /status. Loads in percent. */
export interface SessionStatus {
  /** ISO 8601. */
  readonly startedAt: string
  readonly available: boolean
  /** Mean over the servers that answer; -1 when none does. */
  readonly load: number
  readonly seats: { readonly taken: number; readonly total: number }
  /** Visitors who were sent somewhere and have not been seen there. */
  readonly reservations: number
  /** Tickets without a seat. */
  readonly waiting: number
  readonly meanSeatSeconds: number
  /** Pages that wait for a change of availability. */
  readonly clients: number
  readonly notDelivered: { readonly mails: number; readonly webhooks: number }
  readonly servers: readonly {
    readonly entry: string
    readonly kind: 'static' | 'leased'
    readonly state: NodeState
    readonly reason?: string
    /** `unreachableLoad` while it does not answer. */
    readonly load: number
    readonly seats?: { readonly taken: number; readonly total: number }
    readonly warm?: { readonly ready: number; readonly size: number }
    readonly reservations: number
    readonly available: boolean
  }[]
}
