import type { NodeReport } from '@simyard/fleet'

/** One simulation server as the session server reaches it. */
export interface FleetMember {
  /** Public entry, `host:port` or `host/port`; or a path, for a server behind the same port as this one. */
  readonly entry: string
  /** Whether its addresses are `wss:`. */
  readonly secure: boolean
  /** Address of its own monitor. */
  readonly monitor?: string
  /** What it tells of itself; rejects with the reason when it does not answer, or not properly. */
  report(signal: AbortSignal): Promise<NodeReport>
}
