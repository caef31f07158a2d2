/** What a simulation server tells of itself: only the load when it is one of the originals. */
export interface NodeReport {
  /** Percent of the machine. */
  readonly load: number
  readonly seats?: SeatCount
  /** Simulations opened since the server started. With it, a visitor who came while another left is seen. */
  readonly opened?: number
  /** Simulators that are started before anybody asks. */
  readonly warm?: { readonly ready: number; readonly size: number }
  /** It takes no new visitors because it is about to end. */
  readonly draining?: boolean
  /** Beginnings of addresses whose worlds it runs. */
  readonly allowedRepositories?: readonly string[]
  /** Load in percent up to which it runs worlds of others; 0 is never. */
  readonly shareIdleTime?: number
}

export interface SeatCount {
  readonly taken: number
  readonly total: number
}

/**
 * `unknown` until it has answered once; `silent` when it does not answer or its lease was not renewed; `cordoned` and
 * `draining` take no new visitors.
 */
export type NodeState = 'unknown' | 'ready' | 'cordoned' | 'draining' | 'silent'

/** `return` takes the other two back. */
export type OperatorOrder = 'cordon' | 'drain' | 'return'

/** What an operator sees of one node. */
export interface NodeView {
  /** Public address: `host:port`, or `host/port`. */
  readonly entry: string
  /** Polled, as the configuration names it; or registered, and kept by its own heartbeat. */
  readonly kind: 'static' | 'leased'
  readonly state: NodeState
  /** Why it is silent. */
  readonly reason?: string
  /** The last one that it told; undefined while it is silent. */
  readonly load: number | undefined
  readonly expectedLoad: number
  readonly seats?: SeatCount
  readonly warm?: { readonly ready: number; readonly size: number }
  /** Visitors who were sent there and have not been seen there yet. */
  readonly reservations: number
  /** Whether a visitor would be sent there now. */
  readonly available: boolean
}
