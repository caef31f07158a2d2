import type { OperatorOrder } from './node.js'

/** What happens to a fleet and an operator may want to hear of. */
export type FleetEvent =
  /** It answers, for the first time or again. */
  | { readonly type: 'node-answers'; readonly entry: string; readonly load: number; readonly first: boolean }
  | { readonly type: 'node-silent'; readonly entry: string; readonly reason: string }
  /** Its load has reached the threshold, or gone well below it again. */
  | { readonly type: 'node-full'; readonly entry: string; readonly load: number }
  | { readonly type: 'node-free'; readonly entry: string; readonly load: number }
  | { readonly type: 'node-registered'; readonly entry: string; readonly epoch: number; readonly replaced: boolean }
  | { readonly type: 'node-left'; readonly entry: string }
  /** Its lease has ended. */
  | { readonly type: 'node-gone'; readonly entry: string }
  | { readonly type: 'node-ordered'; readonly entry: string; readonly order: OperatorOrder }
  | { readonly type: 'reservation-lapsed'; readonly entry: string; readonly count: number }
  | { readonly type: 'ticket-lapsed'; readonly ticket: string }
