/** What the session server knows of one simulation server. */
export interface NodeView {
  /** As configured: `host:port`, or `host/port`. */
  readonly entry: string
  /** Percent; undefined while it does not answer. */
  readonly load: number | undefined
  /** Visitors sent there since the load was measured. */
  readonly reservations: number
}

/** A server at or over this load, in percent, gets no visitors, unless an operator sets another threshold. */
export const LOAD_THRESHOLD = 95

/** What one more visitor is expected to add, in percent of a machine, until the next measurement tells. */
export const LOAD_PER_VISITOR = 6

export function expectedLoad(node: NodeView): number {
  return (node.load ?? Number.POSITIVE_INFINITY) + node.reservations * LOAD_PER_VISITOR
}

export function isAvailable(nodes: readonly NodeView[], threshold = LOAD_THRESHOLD): boolean {
  return nodes.some((node) => expectedLoad(node) < threshold)
}

/** The server with the strictly smallest expected load; the first one wins ties. Undefined when all are full or gone. */
export function chooseNode<View extends NodeView>(
  nodes: readonly View[],
  threshold = LOAD_THRESHOLD,
): View | undefined {
  let best: View | undefined
  for (const node of nodes) {
    if (expectedLoad(node) >= threshold) continue
    if (!best || expectedLoad(node) < expectedLoad(best)) best = node
  }
  return best
}

/** Mean of the loads of the servers that answer, or -1 when none does. */
export function meanLoad(nodes: readonly NodeView[]): number {
  const loads = nodes.flatMap((node) => (node.load === undefined ? [] : [node.load]))
  return loads.length === 0 ? -1 : loads.reduce((sum, load) => sum + load, 0) / loads.length
}
