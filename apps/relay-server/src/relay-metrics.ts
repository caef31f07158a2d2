import { type ErrorCode, type FossbotEvent, fossbotEvent } from '@simyard/protocol'
import type { Room } from '@simyard/rooms'
import { Metrics } from '@simyard/service-host'
import type { StreamForm, StreamMeter } from '@simyard/stream'

/** Ends of a connection that the relay brought about. */
type Cut = 'flood' | 'too-large' | 'does-not-read' | 'does-not-poll'

/** What is counted when somebody asks. */
interface Counts {
  rooms(): readonly Room[]
  connections(): number
  watchers(): number
  watchersBehind(): number
  watchedRooms(): number
  watchMemoryBytes(): number
}

const AGE_BUCKETS_S = [0.05, 0.1, 0.2, 0.5, 1, 2, 5]

/** What is counted of a relay, for /metrics. */
export class RelayMetrics {
  readonly metrics = new Metrics()
  /** Of the streams of all rooms. */
  readonly stream: StreamMeter
  private readonly received: Record<FossbotEvent, { inc(): void }>
  private readonly sent
  private readonly refusals
  private readonly ignored
  private readonly cuts
  private readonly corrected

  private readonly feedBytes

  constructor(counts: Counts) {
    const { metrics } = this
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.gauge({ name, help }, (one) => one.set(read()))
    gauge('simyard_relay_connections', 'Connections of simulators and programs.', counts.connections)
    gauge('simyard_relay_members', 'Members of all rooms.', () =>
      counts.rooms().reduce((sum, room) => sum + room.memberCount, 0),
    )
    gauge('simyard_relay_watchers', 'Who watches a room.', counts.watchers)
    gauge('simyard_relay_watchers_behind', 'Those of them whose lines are full at the moment.', counts.watchersBehind)
    gauge('simyard_relay_watched_rooms', 'Rooms that are watched.', counts.watchedRooms)
    gauge('simyard_relay_watch_memory_bytes', 'What watched rooms keep for late watchers.', counts.watchMemoryBytes)
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
    this.feedBytes = metrics.counter({
      name: 'simyard_relay_feed_bytes_total',
      help: 'Bytes from simulators for those who watch.',
    })
    const streamBytes = metrics.counter({
      name: 'simyard_relay_stream_bytes_total',
      help: 'Bytes to those who watch, by form.',
      labels: ['form'],
    })
    const byForm: Record<StreamForm, { inc(by: number): void }> = {
      binary: streamBytes.labels({ form: 'binary' }),
      json: streamBytes.labels({ form: 'json' }),
      text: streamBytes.labels({ form: 'text' }),
    }
    const age = {
      name: 'simyard_relay_picture_age_seconds',
      help: 'How old pictures were when their watchers had acknowledged them.',
    }
    const ages = metrics.histogram(age, AGE_BUCKETS_S)
    this.stream = {
      sent: (form, bytes) => byForm[form].inc(bytes),
      age: (ageMs) => ages.observe(ageMs / 1000),
    }
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

  feed(bytes: number): void {
    this.feedBytes.inc(bytes)
  }

  correct(): void {
    this.corrected.inc()
  }
}
