import { type ErrorCode, type FossbotEvent, fossbotEvent } from '@simyard/protocol'
import type { Room } from '@simyard/rooms'
import { Metrics } from '@simyard/service-host'

/** Ends of a connection that the relay brought about. */
type Cut = 'flood' | 'too-large' | 'does-not-read' | 'does-not-poll'

/** What is counted of a relay, for /metrics. */
export class RelayMetrics {
  readonly metrics = new Metrics()
  private readonly received: Record<FossbotEvent, { inc(): void }>
  private readonly sent
  private readonly refusals
  private readonly ignored
  private readonly cuts
  private readonly corrected

  constructor(counts: { rooms: () => readonly Room[]; connections: () => number }) {
    const { metrics } = this
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.gauge({ name, help }, (one) => one.set(read()))
    gauge('simyard_relay_connections', 'Connections of simulators and programs.', counts.connections)
    gauge('simyard_relay_members', 'Members of all rooms.', () =>
      counts.rooms().reduce((sum, room) => sum + room.memberCount, 0),
    )
    metrics.gauge(
      { name: 'simyard_relay_rooms', help: 'Rooms, by where their simulator is.', labels: ['simulator'] },
      (one) => {
        for (const simulator of ['expected', 'here', 'away', 'gone']) one.set({ simulator }, 0)
        for (const { simulator } of counts.rooms()) one.inc({ simulator })
      },
    )
    const received = metrics.counter({
      name: 'simyard_relay_received_total',
      help: 'Messages that came in.',
      labels: ['event'],
    })
    // A label is looked up once: this is counted for every message.
    this.received = Object.fromEntries(
      Object.keys(fossbotEvent).map((event) => [event, received.labels(event)]),
    ) as Record<FossbotEvent, { inc(): void }>
    this.sent = metrics.counter({ name: 'simyard_relay_sent_total', help: 'Messages that went out.' })
    this.refusals = metrics.counter({
      name: 'simyard_relay_refusals_total',
      help: 'Requests that were refused, by code.',
      labels: ['code'],
    })
    this.ignored = metrics.counter({
      name: 'simyard_relay_ignored_total',
      help: 'Messages of members who sent too much and had been told so.',
    })
    this.cuts = metrics.counter({
      name: 'simyard_relay_cut_total',
      help: 'Connections that the relay ended.',
      labels: ['reason'],
    })
    this.corrected = metrics.counter({
      name: 'simyard_relay_corrected_user_ids_total',
      help: 'Members who named another id than their own.',
    })
  }

  receive(event: FossbotEvent): void {
    this.received[event].inc()
  }

  send(): void {
    this.sent.inc()
  }

  refuse(code: ErrorCode): void {
    this.refusals.inc({ code })
  }

  ignore(): void {
    this.ignored.inc()
  }

  cut(reason: Cut): void {
    this.cuts.inc({ reason })
  }

  correct(): void {
    this.corrected.inc()
  }
}
