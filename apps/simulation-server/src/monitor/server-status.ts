import type { PlacementDriver } from '../placement/placement.js'
import type { SandboxReport } from '../sandbox/open-sandbox.js'
import type { SelfTestReport } from '../sandbox/self-test.js'
import type { InstanceUsage } from './usage-meter.js'

/** What one simulation server says of itself at /status. */
export interface ServerStatus {
  readonly startedAt: string
  /** Percent. */
  readonly load: number
  readonly seats: { readonly taken: number; readonly total: number }
  readonly running: number
  readonly idle: number
  readonly warm: { readonly ready: number; readonly size: number }
  readonly draining: boolean
  readonly placement: { readonly driver: PlacementDriver; readonly description: string }
  readonly sandbox: SandboxReport
  /** Null until it has run. */
  readonly selfTest: SelfTestReport | null
  /** Simulations opened since the server started. */
  readonly opened: number
  readonly allowedRepositories: readonly string[]
  /** Percent. */
  readonly shareIdleTime: number
  readonly instances: readonly InstanceStatus[]
}

export interface InstanceStatus {
  readonly instance: number
  readonly project: string
  readonly world: string
  readonly running: boolean
  readonly viewers: number | null
  /** Those who get no frames at the moment, because their lines are full. */
  readonly viewersBehind: number | null
  readonly usage: InstanceUsage | null
  /** Seconds since it was opened. */
  readonly age: number
}
