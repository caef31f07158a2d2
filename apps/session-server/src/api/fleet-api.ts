import type { IncomingMessage } from 'node:http'
import { type Fleet, type HeartbeatAnswer, leaseTimes } from '@simyard/fleet'
import {
  FleetHeartbeat,
  type FleetHeartbeatAnswer,
  type FleetLease,
  FleetLeave,
  FleetOrder,
  FleetRegistration,
  SimyardError,
} from '@simyard/protocol'
import { requireKey } from './bearer.js'
import { jsonBody } from './request-body.js'

export interface FleetKeys {
  readonly fleetKey?: string
  readonly operatorKey?: string
}

/** What simulation servers and operators ask. Answers are JSON; refusals are thrown. See docs/protocol/fleet-v1.md. */
export class FleetApi {
  constructor(
    private readonly fleet: Fleet,
    private readonly keys: FleetKeys,
    private readonly status: () => unknown,
  ) {}

  /** Undefined when there is nothing at this path. */
  answer(request: IncomingMessage, pathname: string): Promise<unknown> | undefined {
    switch (`${request.method} ${pathname}`) {
      case 'GET /api/v1/fleet':
        return this.forOperator(request, async () => this.status())
      case 'POST /api/v1/fleet/orders':
        return this.forOperator(request, () => this.order(request))
      case 'POST /api/v1/fleet/nodes':
        return this.forNode(request, () => this.register(request))
      case 'POST /api/v1/fleet/heartbeat':
        return this.forNode(request, () => this.heartbeat(request))
      case 'POST /api/v1/fleet/leave':
        return this.forNode(request, () => this.leave(request))
      default:
        return undefined
    }
  }

  private async forNode<T>(request: IncomingMessage, act: () => Promise<T>): Promise<T> {
    requireKey(request, this.keys.fleetKey, 'fleetKey')
    return act()
  }

  private async forOperator<T>(request: IncomingMessage, act: () => Promise<T>): Promise<T> {
    requireKey(request, this.keys.operatorKey, 'operatorKey')
    return act()
  }

  private async register(request: IncomingMessage): Promise<FleetLease> {
    const { entry, report } = await jsonBody(request, FleetRegistration)
    const epoch = this.fleet.register(entry, report, performance.now())
    return { epoch, renewMs: leaseTimes.renewMs, order: this.fleet.orderOf(entry) }
  }

  private async heartbeat(request: IncomingMessage): Promise<FleetHeartbeatAnswer> {
    const { entry, epoch, report } = await jsonBody(request, FleetHeartbeat)
    requireLease(entry, this.fleet.heartbeat(entry, epoch, report, performance.now()))
    return { order: this.fleet.orderOf(entry) }
  }

  private async leave(request: IncomingMessage): Promise<object> {
    const { entry, epoch } = await jsonBody(request, FleetLeave)
    requireLease(entry, this.fleet.leave(entry, epoch, performance.now()))
    return {}
  }

  private async order(request: IncomingMessage): Promise<unknown> {
    const { entry, order } = await jsonBody(request, FleetOrder)
    if (this.fleet.order(entry, order, performance.now())) return { entry, order }
    throw new SimyardError('FLEET_NODE_UNKNOWN', `There is no simulation server ${entry} in the fleet.`)
  }
}

function requireLease(entry: string, answer: HeartbeatAnswer): void {
  if (answer === 'stale') {
    throw new SimyardError('LEASE_STALE', `Another server has registered as ${entry} since. Register anew.`)
  }
  if (answer === 'unknown') {
    throw new SimyardError('LEASE_ENDED', `There is no lease for ${entry}: it was not renewed in time. Register anew.`)
  }
}
