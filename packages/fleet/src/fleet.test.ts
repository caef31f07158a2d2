import { describe, expect, test } from 'vitest'
import type { FleetEvent } from './events.js'
import { Fleet, type FleetOptions, leaseTimes } from './fleet.js'
import type { NodeReport } from './node.js'
import { LOAD_LAG_MS } from './reservations.js'

function fleetOf(reports: Record<string, NodeReport | undefined>, options: FleetOptions = {}) {
  const events: FleetEvent[] = []
  const fleet = new Fleet({ on: (event) => events.push(event), ...options })
  for (const [entry, report] of Object.entries(reports)) {
    fleet.addStatic(entry)
    if (report) fleet.report(entry, report, 0)
  }
  return { fleet, events }
}
const seats = (taken: number, total: number, more: Partial<NodeReport> = {}): NodeReport => ({
  load: 0,
  seats: { taken, total },
  ...more,
})

describe('allocation', () => {
  test.each<[string, Record<string, NodeReport | undefined>, string | undefined]>([
    ['the smallest load', { a: { load: 20 }, b: { load: 10 } }, 'b'],
    ['the first of equals', { a: { load: 10 }, b: { load: 10 } }, 'a'],
    ['one that has not answered is no choice', { a: undefined, b: { load: 90 } }, 'b'],
    ['nobody at the threshold', { a: { load: 95 } }, undefined],
    ['one just below it', { a: { load: 94.9 } }, 'a'],
    ['an empty fleet', {}, undefined],
    ['a server without a seat is full whatever its load', { a: seats(2, 2), b: seats(3, 4) }, 'b'],
    ['a server that drains is no choice', { a: seats(0, 4, { draining: true }) }, undefined],
    ['the last seat is given though it is more than the threshold', { a: seats(39, 40) }, 'a'],
  ])('%s', (_name, reports, expected) => {
    expect(fleetOf(reports).fleet.allocate(0)).toBe(expected)
  })

  test.each([
    ['with seats', () => seats(1, 16, { load: 5 })],
    ['with loads only', () => ({ load: 5 })],
  ])('thirty visitors who start together are spread evenly over servers %s', (_name, report) => {
    const { fleet } = fleetOf({ a: report(), b: report(), c: report(), d: report() })
    const counts: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 }
    for (let visitor = 0; visitor < 30; visitor++) counts[fleet.allocate(0)!]!++
    const all = Object.values(counts)
    expect(all.reduce((sum, count) => sum + count)).toBe(30)
    expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1)
  })

  test('every seat is given once, then nobody gets one', () => {
    const { fleet } = fleetOf({ a: seats(1, 3), b: seats(0, 2) })
    const given = Array.from({ length: 5 }, () => fleet.allocate(0))
    expect(given.filter((entry) => entry === 'a')).toHaveLength(2)
    expect(given.filter((entry) => entry === 'b')).toHaveLength(2)
    expect(given.at(-1)).toBeUndefined()
    expect(fleet.available(0)).toBe(false)
  })

  test('a visitor is counted once: by the reservation, then by the node', () => {
    const { fleet } = fleetOf({ a: seats(0, 2) })
    fleet.allocate(0)
    fleet.report('a', seats(1, 2), 1000)
    expect(fleet.views()[0]).toMatchObject({ reservations: 0, available: true })
    expect(fleet.allocate(1000)).toBe('a')
    expect(fleet.allocate(1000)).toBeUndefined()
  })

  test('a visitor who comes while another leaves is seen by the count of openings', () => {
    const { fleet } = fleetOf({ a: seats(1, 2, { opened: 7 }) })
    fleet.allocate(0)
    fleet.report('a', seats(1, 2, { opened: 8 }), 1000)
    expect(fleet.views()[0]).toMatchObject({ reservations: 0, available: true })
  })

  test('a visitor who does not come gives the seat up', () => {
    const { fleet, events } = fleetOf({ a: seats(0, 1) }, { reservationMs: 15_000, reportLagMs: 3000 })
    fleet.allocate(0)
    // Who arrives at 14.9 s shows in what the node tells at 17.9 s.
    expect(fleet.available(17_999)).toBe(false)
    expect(fleet.available(18_000)).toBe(true)
    expect(events).toContainEqual({ type: 'reservation-lapsed', entry: 'a', count: 1 })
  })

  test('a load that has risen shows its visitor; without a rise the time does', () => {
    const { fleet } = fleetOf({ a: { load: 80 } })
    fleet.allocate(0)
    expect(fleet.views()[0]!.expectedLoad).toBe(86)
    fleet.report('a', { load: 82 }, 1000)
    expect(fleet.views()[0]!.expectedLoad).toBe(88)
    fleet.report('a', { load: 86 }, 2000)
    expect(fleet.views()[0]!.expectedLoad).toBe(86)
    fleet.allocate(2000)
    fleet.report('a', { load: 50 }, 2000 + LOAD_LAG_MS)
    expect(fleet.views()[0]!.expectedLoad).toBe(50)
  })

  test('a server that falls silent is not offered, and is told once', () => {
    const { fleet, events } = fleetOf({ a: { load: 0 }, b: { load: 50 } })
    fleet.silence('a', 'it does not answer', 1000)
    fleet.silence('a', 'it does not answer', 2000)
    expect(fleet.allocate(2000)).toBe('b')
    expect(events.filter(({ type }) => type === 'node-silent')).toHaveLength(1)
    expect(fleet.views()[0]).toMatchObject({ state: 'silent', reason: 'it does not answer', load: undefined })
    fleet.report('a', { load: 1 }, 3000)
    expect(events.at(-1)).toEqual({ type: 'node-answers', entry: 'a', load: 1, first: false })
    expect(fleet.allocate(3000)).toBe('a')
  })

  test('full and free again are told once each, though the load wavers', () => {
    const { fleet, events } = fleetOf({ a: { load: 10 } })
    for (const [index, load] of [94, 95, 94.9, 95.1, 94.9, 97, 80, 94, 60].entries())
      fleet.report('a', { load }, index * 1000)
    expect(events.slice(1)).toEqual([
      { type: 'node-full', entry: 'a', load: 95 },
      { type: 'node-free', entry: 'a', load: 80 },
    ])
  })

  test('the mean leaves out servers that do not answer', () => {
    expect(fleetOf({ a: { load: 10 }, b: undefined, c: { load: 20 } }).fleet.meanLoad).toBe(15)
    expect(fleetOf({ a: undefined }).fleet.meanLoad).toBe(-1)
  })
})

describe('repositories', () => {
  const alice = 'https://github.com/alice/robots/blob/main/worlds/a.wbt'
  test.each<[string, Record<string, NodeReport>, string | undefined]>([
    [
      'a server of the repository comes first',
      { a: { load: 1 }, b: { load: 50, allowedRepositories: ['https://github.com/alice/'] } },
      'b',
    ],
    [
      'a name that only begins alike is another one',
      { a: { load: 1, allowedRepositories: ['https://github.com/ali'] } },
      undefined,
    ],
    [
      'otherwise the one with the largest idle share',
      { a: { load: 20, shareIdleTime: 50 }, b: { load: 30, shareIdleTime: 90 } },
      'b',
    ],
    ['no idle share, no world of others', { a: { load: 20, shareIdleTime: 20 } }, undefined],
    ['a server that told neither runs all', { a: { load: 20 } }, 'a'],
  ])('%s', (_name, reports, expected) => {
    expect(fleetOf(reports).fleet.allocate(0, alice)).toBe(expected)
  })
})

describe('leases', () => {
  test('a lease that is not renewed becomes unusable, then ends', () => {
    const { fleet, events } = fleetOf({})
    const epoch = fleet.register('n:1', seats(0, 4), 0)
    expect(fleet.allocate(0)).toBe('n:1')
    expect(fleet.heartbeat('n:1', epoch, seats(0, 4), 1000)).toBe('renewed')
    expect(fleet.available(1000 + leaseTimes.silentMs - 1)).toBe(true)
    expect(fleet.available(1000 + leaseTimes.silentMs)).toBe(false)
    expect(fleet.views()[0]!.state).toBe('silent')
    expect(fleet.heartbeat('n:1', epoch, seats(0, 4), 5000)).toBe('renewed')
    expect(fleet.available(5000)).toBe(true)
    expect(fleet.heartbeat('n:1', epoch, seats(0, 4), 5000 + leaseTimes.endMs)).toBe('unknown')
    expect(fleet.views()).toEqual([])
    expect(events.map(({ type }) => type)).toContain('node-gone')
  })

  test('a node that was gone and comes back is told as one that answers again', () => {
    const { fleet, events } = fleetOf({})
    fleet.register('n:1', seats(0, 4), 0)
    fleet.tick(leaseTimes.silentMs)
    fleet.tick(leaseTimes.endMs)
    fleet.register('n:1', seats(0, 4), 20_000)
    expect(events.map((event) => (event.type === 'node-answers' ? event.first : event.type))).toEqual([
      'node-registered',
      true,
      'node-silent',
      'node-gone',
      'node-registered',
      false,
    ])
  })

  test('a polled node that is taken out is gone', () => {
    const { fleet } = fleetOf({ a: { load: 1 } })
    fleet.removeStatic('a', 0)
    expect([fleet.views(), fleet.available(0)]).toEqual([[], false])
  })

  test('a node with a lease that is not polled any more stays until the lease ends', () => {
    const { fleet } = fleetOf({ a: { load: 1 } })
    fleet.register('a', { load: 1 }, 0)
    fleet.removeStatic('a', 0)
    expect(fleet.available(0)).toBe(true)
    fleet.tick(leaseTimes.endMs)
    expect(fleet.views()).toEqual([])
  })

  test('a node that returns from a pause with an old number is refused', () => {
    const { fleet } = fleetOf({})
    const old = fleet.register('n:1', seats(0, 4), 0)
    const young = fleet.register('n:1', seats(0, 4), 100)
    expect(young).toBeGreaterThan(old)
    expect(fleet.heartbeat('n:1', old, seats(4, 4), 200)).toBe('stale')
    expect(fleet.leave('n:1', old, 200)).toBe('stale')
    expect(fleet.views()[0]).toMatchObject({ seats: { taken: 0, total: 4 }, available: true })
  })

  test('a node that leaves is gone at once; one of the configuration is polled again', () => {
    const { fleet } = fleetOf({ 'n:1': { load: 1 } })
    const epoch = fleet.register('n:1', seats(0, 4), 0)
    expect(fleet.hasLease('n:1')).toBe(true)
    fleet.report('n:1', { load: 99 }, 10)
    expect(fleet.views()[0]).toMatchObject({ load: 0, kind: 'leased' })
    expect(fleet.leave('n:1', epoch, 20)).toBe('renewed')
    expect(fleet.views()[0]).toMatchObject({ state: 'silent', kind: 'static' })
    fleet.report('n:1', { load: 2 }, 30)
    expect(fleet.allocate(30)).toBe('n:1')
  })

  test('an order of the operator outlives a new start of the server', () => {
    const { fleet } = fleetOf({})
    const epoch = fleet.register('n:1', seats(0, 4), 0)
    expect(fleet.order('n:1', 'cordon', 0)).toBe(true)
    expect(fleet.available(0)).toBe(false)
    fleet.leave('n:1', epoch, 10)
    fleet.register('n:1', seats(0, 4), 20)
    expect(fleet.views()[0]!.state).toBe('cordoned')
    fleet.order('n:1', 'drain', 20)
    expect([fleet.orderOf('n:1'), fleet.views()[0]!.state]).toEqual(['drain', 'draining'])
    fleet.order('n:1', 'return', 20)
    expect(fleet.available(20)).toBe(true)
    expect(fleet.order('elsewhere:1', 'drain', 20)).toBe(false)
  })
})

describe('queue', () => {
  const full = () => fleetOf({ a: seats(2, 2, { opened: 2 }) }).fleet

  test('a free seat is given at once', () => {
    expect(fleetOf({ a: seats(0, 1) }).fleet.enqueue('t', 0)).toEqual({ state: 'seat', entry: 'a' })
  })

  test('a freed seat goes to the first ticket, and nobody jumps the queue', () => {
    const fleet = full()
    expect(fleet.enqueue('first', 0)).toMatchObject({ state: 'waiting', place: 1 })
    expect(fleet.enqueue('second', 100)).toMatchObject({ state: 'waiting', place: 2 })
    fleet.report('a', seats(1, 2, { opened: 2 }), 1000)
    expect(fleet.available(1000)).toBe(false)
    expect(fleet.allocate(1000)).toBeUndefined()
    expect(fleet.ask('second', 1500)).toMatchObject({ state: 'waiting', place: 1 })
    expect(fleet.ask('first', 1500)).toEqual({ state: 'seat', entry: 'a' })
    // Asked again because the answer was lost: the same seat.
    expect(fleet.ask('first', 1600)).toEqual({ state: 'seat', entry: 'a' })
    fleet.report('a', seats(2, 2, { opened: 3 }), 2000)
    expect(fleet.ask('first', 2000)).toBeUndefined()
    expect(fleet.ask('second', 2000)).toMatchObject({ state: 'waiting', place: 1 })
  })

  test('who stops asking loses the place, and the seat that was kept', () => {
    const fleet = full()
    fleet.enqueue('first', 0)
    fleet.enqueue('second', 0)
    fleet.report('a', seats(1, 2, { opened: 2 }), 1000)
    fleet.ask('second', 9000)
    expect(fleet.ask('second', 10_000)).toEqual({ state: 'seat', entry: 'a' })
    expect(fleet.ask('first', 10_000)).toBeUndefined()
  })

  test('a ticket that is given back lets the next one move up', () => {
    const fleet = full()
    fleet.enqueue('first', 0)
    fleet.enqueue('second', 0)
    expect(fleet.giveBack('first', 10)).toBe(true)
    expect(fleet.giveBack('first', 10)).toBe(false)
    expect(fleet.ask('second', 10)).toMatchObject({ place: 1 })
  })

  test('a seat that goes with its server puts the ticket first again', () => {
    const { fleet } = fleetOf({ a: seats(1, 1), b: seats(1, 1) })
    fleet.enqueue('first', 0)
    fleet.enqueue('second', 0)
    fleet.report('a', seats(0, 1), 100)
    expect(fleet.ask('first', 200)).toEqual({ state: 'seat', entry: 'a' })
    fleet.silence('a', 'gone', 300)
    expect(fleet.ask('first', 400)).toMatchObject({ state: 'waiting', place: 1 })
    fleet.report('b', seats(0, 1), 500)
    expect(fleet.ask('first', 600)).toEqual({ state: 'seat', entry: 'b' })
    expect(fleet.ask('second', 600)).toMatchObject({ place: 1 })
  })

  test('the estimate follows how long seats lasted and how many there are', () => {
    const fleet = full()
    // Each of the two seats lasts a minute, seen for two hours.
    let taken = 2
    for (let second = 1; second <= 7200; second++) {
      const change = second % 30 === 0
      fleet.report('a', seats(change ? --taken : taken, 2), second * 1000)
      if (change) fleet.report('a', seats(++taken, 2), second * 1000)
    }
    expect(fleet.meanSeatMs / 1000).toBeGreaterThan(55)
    expect(fleet.meanSeatMs / 1000).toBeLessThan(70)
    fleet.enqueue('first', 7_200_000)
    const answer = fleet.enqueue('second', 7_200_000)
    expect(answer).toMatchObject({ state: 'waiting', place: 2 })
    if (answer?.state === 'waiting') expect(answer.waitMs! / 1000).toBeCloseTo(fleet.meanSeatMs / 1000, 0)
  })

  test('a full queue takes nobody', () => {
    const { fleet } = fleetOf({ a: seats(1, 1) }, { maxTickets: 1 })
    expect(fleet.enqueue('first', 0)).toBeDefined()
    expect(fleet.enqueue('second', 0)).toBeUndefined()
  })
})
