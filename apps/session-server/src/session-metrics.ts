import type { Fleet, FleetEvent } from '@simyard/fleet'
import { Metrics } from '@simyard/service-host'

/** What is counted of a session server, for /metrics. */
export class SessionMetrics {
  readonly metrics = new Metrics()
  private readonly visitors
  private readonly lapsedReservations
  private readonly lapsedTickets
  private readonly silences

  constructor(fleet: Fleet, counts: { clients: () => number; notDelivered: () => number }) {
    const { metrics } = this
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.gauge({ name: `simyard_session_${name}`, help }, (one) => one.set(read()))
    gauge('available', 'Whether a new visitor would get a seat: 1 or 0.', () =>
      fleet.available(performance.now()) ? 1 : 0,
    )
    gauge('seats_taken', 'Seats that are taken, of the servers that tell theirs.', () => fleet.seats.taken)
    gauge('seats_total', 'Seats of the servers that tell theirs.', () => fleet.seats.total)
    gauge('tickets_waiting', 'Visitors who wait in the queue for a seat.', () => fleet.waiting)
    gauge('seat_duration_seconds', 'How long a seat lasts on average.', () => fleet.meanSeatMs / 1000)
    gauge('clients', 'Pages that wait for a change of availability.', counts.clients)
    gauge('notices_waiting', 'Mails and webhooks that are not delivered yet.', counts.notDelivered)
    metrics.gauge({ name: 'simyard_session_nodes', help: 'Simulation servers by state.', labels: ['state'] }, (one) => {
      one.reset()
      for (const { state } of fleet.views()) one.inc({ state })
    })
    metrics.gauge(
      { name: 'simyard_session_node_load_percent', help: 'Load of each server that answers.', labels: ['server'] },
      (one) => {
        one.reset()
        for (const { entry, load } of fleet.views()) if (load !== undefined) one.set({ server: entry }, load)
      },
    )
    this.visitors = metrics.counter({
      name: 'simyard_session_visitors_total',
      help: 'Answers to visitors: a server, or none.',
      labels: ['answer'],
    })
    this.lapsedReservations = metrics.counter({
      name: 'simyard_session_reservations_lapsed_total',
      help: 'Visitors who were sent to a server and did not come.',
    })
    this.lapsedTickets = metrics.counter({
      name: 'simyard_session_tickets_lapsed_total',
      help: 'Visitors who left the queue.',
    })
    this.silences = metrics.counter({
      name: 'simyard_session_silences_total',
      help: 'Times that a server stopped answering.',
      labels: ['server'],
    })
  }

  visitor(answer: 'server' | 'none'): void {
    this.visitors.inc({ answer })
  }

  count(event: FleetEvent): void {
    if (event.type === 'reservation-lapsed') this.lapsedReservations.inc(event.count)
    if (event.type === 'ticket-lapsed') this.lapsedTickets.inc()
    if (event.type === 'node-silent') this.silences.inc({ server: event.entry })
  }
}
