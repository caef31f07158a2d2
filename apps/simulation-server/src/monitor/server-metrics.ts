import type { ServerResponse } from 'node:http'
import { Metrics } from '@simyard/service-host'
import type { StreamMeter } from '@simyard/stream'
import type { ServerStatus } from './server-status.js'

/** What one simulation server counts, for Prometheus; docs/operations.md says what each figure means. */
export class ServerMetrics {
  private readonly metrics = new Metrics()
  private readonly starts
  private readonly startDuration
  /** For the hubs of this server's streams. */
  readonly stream: StreamMeter

  constructor(status: () => ServerStatus) {
    const gauge = (name: string, help: string, read: (status: ServerStatus) => number) =>
      this.metrics.gauge({ name, help }, (one) => one.set(read(status())))
    gauge('simyard_load_percent', 'What /load answers.', ({ load }) => load)
    gauge('simyard_seats', 'Simulations that may run at the same time.', ({ seats }) => seats.total)
    gauge('simyard_seats_taken', 'Seats that visitors hold.', ({ seats }) => seats.taken)
    gauge('simyard_simulations_running', 'Simulations whose time goes on.', ({ running }) => running)
    gauge('simyard_viewers', 'Pages that watch a stream served by this process.', ({ instances }) =>
      instances.reduce((sum, { viewers }) => sum + (viewers ?? 0), 0),
    )
    gauge(
      'simyard_viewers_behind',
      'Viewers that get no frames at the moment because their lines are full.',
      (status) => status.instances.reduce((sum, { viewersBehind }) => sum + (viewersBehind ?? 0), 0),
    )
    gauge('simyard_warm_simulators', 'Simulators that are ready and wait.', ({ warm }) => warm.ready)
    gauge('simyard_warm_simulators_wanted', 'Simulators that should be ready.', ({ warm }) => warm.size)
    gauge('simyard_draining', '1 when no new visitors are taken.', ({ draining }) => Number(draining))
    this.starts = this.metrics.counter({
      name: 'simyard_starts_total',
      help: 'Start requests of visitors, by what became of them: "opened" or the code of the error.',
      labels: ['result'],
    })
    this.startDuration = this.metrics.histogram(
      {
        name: 'simyard_start_duration_seconds',
        help: 'From the start request to a program that takes the world; the wait of a visitor without a warm simulator.',
      },
      [0.01, 0.05, 0.15, 0.5, 1, 2, 5, 10, 30],
    )
    const bytes = this.metrics.counter({
      name: 'simyard_stream_bytes_total',
      help: 'Bytes for viewers before compression: states as "binary" or "json", everything else as "text".',
      labels: ['form'],
    })
    const age = this.metrics.histogram(
      {
        name: 'simyard_picture_age_seconds',
        help: 'How old a picture was when its viewer had acknowledged it; the way back counts too.',
      },
      [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    )
    this.stream = {
      sent: (form, count) => bytes.inc({ form }, count),
      age: (ageMs) => age.observe(ageMs / 1000),
    }
  }

  opened(durationMs: number): void {
    this.starts.inc({ result: 'opened' })
    this.startDuration.observe(durationMs / 1000)
  }

  refused(code: string): void {
    this.starts.inc({ result: code })
  }

  send(response: ServerResponse): void {
    this.metrics.send(response)
  }
}
