import { fossbotEvent } from '@simyard/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Delivery, Outcome } from './outcome.js'
import { Room } from './room.js'

const RETURN_MS = 60_000
const WAIT_MS = 600_000
const ROBOTS = ['x', 'y']

interface Program {
  readonly id: string
  readonly keepsPlace: boolean
  /** Number of the last message that it got. */
  lastNumber: number
  here: boolean
  sent: number
}

/** A room with programs that come, go, get lost and return, and with a simulator tab that does the same. */
class World {
  nowMs = 0
  readonly room = new Room(
    { id: 'r', code: 'K7Q-M2P', key: 'k', watchId: 'w', idRole: 'stage-hand', codeRole: 'viewer' },
    {
      maxMembers: 6,
      maxWatchers: 3,
      maxRobotsPerMember: 2,
      returnMs: RETURN_MS,
      simulatorWaitMs: WAIT_MS,
      longestLifeMs: 86_400_000,
      log: { messages: 64, characters: 100_000 },
      maxWaitingCommands: 16,
    },
    0,
  )
  private ids = 0
  programs: Program[] = []
  /** Connections of simulator pages that think they are it. */
  tab: string | undefined
  private tabNumber = 0
  /** What the simulator knows: who drives what. */
  owners = new Map<string, string>()
  /** Last number of each program's messages that the simulator saw. */
  private readonly seen = new Map<string, number>()
  /** Numbers that came to each program. */
  private readonly got = new Map<string, number[]>()

  constructor(private readonly numbered: boolean) {}

  seat(): void {
    const id = `tab${++this.ids}`
    const before = this.room.simulator
    const { refusal, deliveries } = this.room.seatSimulator(
      { id, numbered: this.numbered, lastNumber: this.numbered ? this.tabNumber : undefined, takeOver: false },
      this.nowMs,
    )
    if (before === 'here') {
      expect(refusal?.code).toBe('ROOM_SIMULATOR_TAKEN')
      return
    }
    if (refusal?.code === 'ROOM_PLACE_LOST') this.restart()
    if (!refusal) this.tab = id
    this.carry({ deliveries }, undefined)
  }

  /** A new scene: nobody drives, and nothing was heard yet. */
  private restart(): void {
    this.owners.clear()
    this.tabNumber = 0
  }

  loseTab(): void {
    if (this.tab === undefined) return
    this.room.drop(this.tab, this.nowMs)
    this.tab = undefined
  }

  join(keepsPlace: boolean, robot: string | undefined): void {
    const id = `p${++this.ids}`
    const outcome = this.room.join({
      id,
      role: 'stage-hand',
      environmentUser: false,
      announcement: { func: 'connect', fossbot_name: robot },
      robot,
      returnKey: keepsPlace ? `key of ${id}` : undefined,
    })
    if (!outcome.refusal) this.programs.push({ id, keepsPlace, lastNumber: 0, here: true, sent: 0 })
    this.carry(outcome, id)
  }

  command(index: number, func: string, robot: string, times: number): void {
    const program = this.pick(index)
    if (!program?.here) return
    for (let time = 0; time < times; time++) {
      const serial = ++program.sent
      this.carry(this.room.command(program.id, { func, fossbot_name: robot, serial }), program.id)
    }
  }

  forge(index: number, at: number): void {
    const [program, victim] = [this.pick(index), this.pick(at)]
    if (!program || !victim) return
    for (const event of [fossbotEvent.godotMessage, fossbotEvent.godotError]) {
      const outcome = this.room.reply(program.id, event, { data: 'forged', user_id: victim.id })
      expect(outcome).toMatchObject({ deliveries: [], refusal: { code: 'ROOM_ROLE_REFUSED' } })
    }
  }

  reply(index: number): void {
    const program = this.pick(index)
    if (!program || this.tab === undefined) return
    this.carry(this.room.reply(this.tab, fossbotEvent.godotMessage, { data: 1, user_id: program.id }), this.tab)
  }

  /** Its connection ends, with or without a word. */
  lose(index: number, lost: boolean): void {
    const program = this.pick(index)
    if (!program) return
    const outcome = lost ? this.room.drop(program.id, this.nowMs) : this.room.leave(program.id, this.nowMs)
    program.here = false
    if (!this.room.hasMember(program.id)) this.forget(program)
    this.carry(outcome, program.id)
  }

  comeBack(index: number): void {
    const program = this.pick(index)
    if (!program || program.here) return
    const outcome = this.room.comeBack(program.id, `key of ${program.id}`, program.lastNumber, this.nowMs)
    if (outcome.refusal) this.forget(program)
    else program.here = true
    this.carry(outcome, undefined)
  }

  pass(durationMs: number): void {
    this.nowMs += durationMs
    const deliveries = this.room.tick(this.nowMs)
    this.programs = this.programs.filter(({ id }) => this.room.hasMember(id) || this.room.ended)
    if (this.room.ended) this.programs = []
    this.carry({ deliveries }, undefined)
    if (this.room.simulator === 'gone') this.restart()
  }

  private pick(index: number): Program | undefined {
    return this.programs[index % Math.max(1, this.programs.length)]
  }

  private forget(program: Program): void {
    this.programs.splice(this.programs.indexOf(program), 1)
  }

  private carry({ deliveries }: Outcome, sender: string | undefined): void {
    for (const delivery of deliveries) {
      expect(delivery.to).not.toBe(sender)
      if (delivery.to.startsWith('tab')) this.simulate(delivery)
      else this.take(delivery)
    }
  }

  private simulate({ to, payload, number }: Delivery): void {
    // One simulator: nobody else hears commands.
    expect(to).toBe(this.tab)
    if (number !== undefined) {
      expect(number).toBeGreaterThan(this.tabNumber)
      this.tabNumber = number
    }
    const { func, user_id, fossbot_name, serial } = payload as Record<string, string> & { serial?: number }
    if (serial !== undefined) {
      // In the order of its sender, none doubled.
      expect(serial).toBeGreaterThan(this.seen.get(user_id!) ?? 0)
      this.seen.set(user_id!, serial)
    }
    if (func === 'exit') {
      const own = [...this.owners].filter(([, owner]) => owner === user_id).map(([robot]) => robot)
      const freed = own.find((robot) => robot === fossbot_name) ?? own[0]
      if (freed !== undefined) this.owners.delete(freed)
    } else if (func === 'remove_all_objects') this.owners.clear()
    else if (fossbot_name !== undefined) {
      expect(this.owners.get(fossbot_name) ?? user_id).toBe(user_id)
      this.owners.set(fossbot_name, user_id!)
    }
  }

  private take({ to, number }: Delivery): void {
    const program = this.programs.find(({ id }) => id === to)
    if (!program || number === undefined) return
    const got = this.got.get(to) ?? []
    expect(number).toBeGreaterThan(got.at(-1) ?? 0)
    this.got.set(to, [...got, number])
    program.lastNumber = number
  }

  /** Who is gone drives nothing, in the room's eyes and, once it has heard everything, in the simulator's. */
  check(): void {
    for (const robot of ROBOTS) {
      const driver = this.room.driverOf(robot)
      if (driver !== undefined) expect(this.room.hasMember(driver)).toBe(true)
      const owner = this.owners.get(robot)
      if (this.room.simulator === 'here' && owner !== undefined) expect(this.room.hasMember(owner)).toBe(true)
    }
    expect(this.room.memberCount).toBeLessThanOrEqual(6)
  }

  /** Everybody goes; time does the rest. */
  end(): void {
    while (this.programs.length > 0) this.lose(0, false)
    this.check()
    if (this.room.simulator === 'here') expect([...this.owners]).toEqual([])
    this.loseTab()
    this.pass(RETURN_MS)
    this.pass(WAIT_MS)
    expect(this.room.ended).toBe(true)
    expect(this.room.memberCount).toBe(0)
  }
}

const index = fc.nat(5)
const robot = fc.constantFrom(...ROBOTS)
const action: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc.constant((world: World) => world.seat()),
  fc.constant((world: World) => world.loseTab()),
  fc.tuple(fc.boolean(), fc.option(robot, { nil: undefined })).map(
    ([keeps, name]) =>
      (world: World) =>
        world.join(keeps, name),
  ),
  fc
    .tuple(
      index,
      fc.constantFrom('just_move', 'just_move', 'get_distance', 'exit', 'remove_all_objects'),
      robot,
      fc.integer({ min: 1, max: 30 }),
    )
    .map(
      ([who, func, name, times]) =>
        (world: World) =>
          world.command(who, func, name, times),
    ),
  fc.tuple(index, index).map(
    ([who, at]) =>
      (world: World) =>
        world.forge(who, at),
  ),
  index.map((who) => (world: World) => world.reply(who)),
  fc.tuple(index, fc.boolean()).map(
    ([who, lost]) =>
      (world: World) =>
        world.lose(who, lost),
  ),
  index.map((who) => (world: World) => world.comeBack(who)),
  fc.constantFrom(100, 5000, 30_000, 61_000).map((durationMs) => (world: World) => world.pass(durationMs)),
)

test.each([false, true])(
  'robots are freed, one simulator hears all in order, and every room ends (numbered: %s)',
  (numbered) => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
        const world = new World(numbered)
        world.seat()
        for (const act of actions) {
          act(world)
          world.check()
        }
        world.end()
      }),
      { numRuns: 1000 },
    )
  },
)
