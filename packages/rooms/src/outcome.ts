import type { ErrorCode } from '@simyard/protocol'

/** One message to one occupant of a room. */
export interface Delivery {
  /** Id of the member, or of the simulator's connection. */
  readonly to: string
  readonly event: string
  readonly payload: unknown
  /** With it the client can say after a lost connection what it has got. */
  readonly number?: number
}

/** Why something was not done; goes to who asked for it, and to nobody else. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

/** What a room decided: whoever carries messages sends these, in this order. */
export interface Outcome {
  readonly deliveries: readonly Delivery[]
  readonly refusal?: Refusal
}

export const nothing: Outcome = { deliveries: [] }

export function refuse(code: ErrorCode, message: string): Outcome {
  return { deliveries: [], refusal: { code, message } }
}
