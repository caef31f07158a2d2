import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Availability } from './availability.js'
import { Fleet, leaseTimes } from './fleet.js'

const RESERVATION_MS = 15_000
const LAPSE_MS = 10_000

/** A simulation server as it really is; the fleet knows only what it has heard. */
interface Server {
  readonly entry: string
  readonly total: number
  taken: number
  opened: number
  epoch: number
  /** The lease of before, as a process has it that was paused. */
  oldEpoch: number | undefined
  up: boolean
}

interface Visitor {
  readonly server: Server
  readonly untilMs: number
  readonly ticket?: string
}

class World {
  nowMs = 0
  readonly servers: Server[]
  readonly fleet: Fleet
  onTheWay: Visitor[] = []
  tickets: string[] = []
  readonly pushed: boolean[] = []
  private readonly availability = new Availability()
  private numbers = 0

  constructor(totals: readonly number[]) {
    this.fleet = new Fleet({ reservationMs: RESERVATION_MS, ticketLapseMs: LAPSE_MS, firstEpoch: 1000 })
    this.servers = totals.map((total, index) => ({
      entry: `n:${index}`,
      total,
      taken: 0,
      opened: 0,
      epoch: 0,
      oldEpoch: undefined,
      up: true,
    }))
    for (const server of this.servers) this.register(server)
  }

  reportOf({ taken, total, opened }: Server) {
    return { load: 10, seats: { taken, total }, opened }
  }

  register(server: Server): void {
    server.oldEpoch = server.epoch
    server.epoch = this.fleet.register(server.entry, this.reportOf(server), this.nowMs)
    expect(server.epoch).toBeGreaterThan(server.oldEpoch)
  }

  heartbeat(server: Server): void {
    if (!server.up) return
    const answer = this.fleet.heartbeat(server.entry, server.epoch, this.reportOf(server), this.nowMs)
    expect(answer).not.toBe('stale')
    if (answer === 'unknown') this.register(server)
  }

  send(entry: string | undefined, ticket?: string): void {
    if (entry === undefined) return
    const server = this.servers.find((one) => one.entry === entry)!
    // A ticket that is answered anew is the same visitor: the first way is given up.
    const untilMs = this.nowMs + RESERVATION_MS
    if (ticket !== undefined && this.onTheWay.some((other) => other.ticket === ticket && other.server === server))
      return
    this.onTheWay = this.onTheWay.filter((other) => ticket === undefined || other.ticket !== ticket)
    this.onTheWay.push({ server, untilMs, ticket })
  }

  enqueue(): void {
    const ticket = `t${++this.numbers}`
    const answer = this.fleet.enqueue(ticket, this.nowMs)
    this.tickets.push(ticket)
    if (answer?.state === 'seat') this.send(answer.entry, ticket)
  }

  ask(ticket: string): void {
    const answer = this.fleet.ask(ticket, this.nowMs)
    if (!answer) this.tickets = this.tickets.filter((other) => other !== ticket)
    else if (answer.state === 'seat') this.send(answer.entry, ticket)
    else this.onTheWay = this.onTheWay.filter((other) => other.ticket !== ticket)
  }

  arrive(visitor: Visitor): void {
    this.onTheWay = this.onTheWay.filter((other) => other !== visitor)
    const { server } = visitor
    // Who is there, or comes too late, has no use for the ticket any more.
    this.tickets = this.tickets.filter((ticket) => ticket !== visitor.ticket)
    if (!server.up || this.nowMs >= visitor.untilMs) return
    expect(server.taken, `a seat of ${server.entry} was given twice`).toBeLessThan(server.total)
    server.taken++
    server.opened++
  }

  crash(server: Server): void {
    server.up = false
    server.taken = 0
    server.opened = 0
    this.onTheWay = this.onTheWay.filter((visitor) => visitor.server !== server)
  }

  afterwards(): void {
    const news = this.availability.change(this.fleet.available(this.nowMs))
    if (news !== undefined) this.pushed.push(news)
    for (let index = 1; index < this.pushed.length; index++)
      expect(this.pushed[index], 'the same was told twice in a row').not.toBe(this.pushed[index - 1])
    const { taken, total } = this.fleet.seats
    expect(taken).toBeLessThanOrEqual(total)
    // Whoever waits does so because every seat is taken or promised.
    if (this.fleet.waiting > 0) expect(this.fleet.available(this.nowMs)).toBe(false)
  }
}

const index = fc.nat({ max: 7 })
const commands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('walk-in' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('enqueue' as const) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('give-back' as const), index }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('arrive' as const), index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('turn-back' as const), index }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), index }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), index }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('old-heartbeat' as const), index }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('sign-off' as const), index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('order' as const),
        index,
        order: fc.constantFrom('cordon' as const, 'drain' as const, 'return' as const),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1, 400, 1000, 3500, 10_000, 15_000),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('quiet-second' as const) }) },
  ),
  { minLength: 20, maxLength: 120 },
)
type Command = (typeof commands)['generate'] extends (...args: never[]) => { value: (infer One)[] } ? One : never

function run(world: World, command: Command): void {
  const pick = <T>(list: readonly T[], position: number): T | undefined => list[position % Math.max(1, list.length)]
  const server = 'index' in command ? pick(world.servers, command.index)! : world.servers[0]!
  switch (command.do) {
    case 'walk-in':
      return world.send(world.fleet.allocate(world.nowMs))
    case 'enqueue':
      return world.enqueue()
    case 'ask': {
      const ticket = pick(world.tickets, command.index)
      if (ticket) world.ask(ticket)
      return
    }
    case 'give-back': {
      const ticket = pick(world.tickets, command.index)
      if (ticket) world.fleet.giveBack(ticket, world.nowMs)
      return
    }
    case 'arrive': {
      const visitor = pick(world.onTheWay, command.index)
      if (visitor) world.arrive(visitor)
      return
    }
    case 'turn-back': {
      const visitor = pick(world.onTheWay, command.index)
      world.onTheWay = world.onTheWay.filter((other) => other !== visitor)
      return
    }
    case 'leave':
      if (server.taken > 0) server.taken--
      return
    case 'heartbeat':
      return world.heartbeat(server)
    case 'crash':
      return world.crash(server)
    case 'start':
      if (!server.up) {
        server.up = true
        world.register(server)
      }
      return
    case 'old-heartbeat':
      if (server.oldEpoch)
        expect(world.fleet.heartbeat(server.entry, server.oldEpoch, { load: 0 }, world.nowMs)).not.toBe('renewed')
      return
    case 'sign-off':
      if (server.up) world.fleet.leave(server.entry, server.epoch, world.nowMs)
      return
    case 'order':
      world.fleet.order(server.entry, command.order, world.nowMs)
      return
    case 'wait':
      world.nowMs += command.ms
      return
    case 'quiet-second':
      world.nowMs += leaseTimes.renewMs
      for (const one of world.servers) world.heartbeat(one)
  }
}

const totals = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })

test('no seat is given twice, none is lost, and everything ends', () => {
  fc.assert(
    fc.property(totals, commands, (seats, list) => {
      const world = new World(seats)
      for (const command of list) {
        run(world, command)
        world.afterwards()
      }
      // Everybody goes, every server is up again and orders are taken back: every seat can be given, once.
      world.onTheWay = []
      for (const server of world.servers) {
        world.fleet.order(server.entry, 'return', world.nowMs)
        server.up = true
        server.taken = 0
      }
      for (let second = 0; second < 40; second++) run(world, { do: 'quiet-second' })
      expect(world.fleet.waiting).toBe(0)
      for (const view of world.fleet.views()) expect(view).toMatchObject({ reservations: 0, expectedLoad: 10 })
      const all = seats.reduce((sum, count) => sum + count, 0)
      for (let number = 0; number < all; number++) expect(world.fleet.allocate(world.nowMs)).toBeDefined()
      expect(world.fleet.allocate(world.nowMs)).toBeUndefined()
      // Nobody renews anything any more.
      world.nowMs += leaseTimes.endMs
      expect(world.fleet.available(world.nowMs)).toBe(false)
      expect(world.fleet.views()).toEqual([])
    }),
    { numRuns: 1500 },
  )
}, 60_000)

test('visitors who start together are spread evenly over equal servers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.integer({ min: 4, max: 20 }), { nil: undefined }),
      fc.integer({ min: 0, max: 90 }),
      (servers, visitors, total, load) => {
        const fleet = new Fleet()
        const counts = new Map<string, number>()
        for (let number = 0; number < servers; number++) {
          fleet.addStatic(`s:${number}`)
          fleet.report(`s:${number}`, { load, ...(total ? { seats: { taken: 1, total } } : {}) }, 0)
          counts.set(`s:${number}`, 0)
        }
        for (let number = 0; number < visitors; number++) {
          const entry = fleet.allocate(0)
          if (entry) counts.set(entry, counts.get(entry)! + 1)
        }
        const all = [...counts.values()]
        expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1)
        if (total) expect(all.reduce((sum, one) => sum + one)).toBe(Math.min(visitors, servers * (total - 1)))
      },
    ),
  )
})
