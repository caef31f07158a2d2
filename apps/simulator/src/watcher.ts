import type { ServerToSimulator, SimulatorToServer } from '@simyard/protocol'
import type { Simulation } from '@simyard/simulation'

type Watch = Omit<Extract<ServerToSimulator, { type: 'watch' }>, 'type'>

/** Wall-clock milliseconds between two pictures of one device: 10 Hz, which is what a person follows. */
const PICTURE_INTERVAL_MS = 95
const MOST_CONTACTS = 200
const NOTHING: Watch = { robots: [], sampled: [], pictures: [], contacts: false }

/** Tells viewers what they watch, with each frame that they get and no more. */
export class Watcher {
  private watch = NOTHING
  /** Devices of these robots have been described. */
  private readonly described = new Set<string>()
  private readonly shownAt = new Map<string, number>()

  constructor(
    private readonly simulation: Simulation,
    private readonly send: (message: SimulatorToServer, body?: Uint8Array) => void,
    private readonly now: () => number,
  ) {}

  set(watch: Watch): void {
    this.watch = watch
    for (const robot of this.described) if (!watch.robots.includes(robot)) this.described.delete(robot)
    this.tell()
  }

  /** Robots came or went: what is of the same name may be another one. */
  robotsChanged(): void {
    this.described.clear()
  }

  tell(): void {
    const { simulation, watch } = this
    const robots = watch.robots.flatMap((robot) => {
      this.describe(robot)
      const devices = simulation.robots.readingsOf(robot, watch.sampled.includes(robot))
      return devices ? [{ robot, devices: devices.map(rounded) }] : []
    })
    if (robots.length > 0 || watch.contacts) {
      const contacts = watch.contacts ? { contacts: simulation.contactPoints(MOST_CONTACTS).map(rounded) } : {}
      this.send({ type: 'readings', timeMs: simulation.timeMs, robots, ...contacts })
    }
    for (const { robot, device } of watch.pictures) this.show(robot, device)
  }

  private describe(robot: string): void {
    if (this.described.has(robot)) return
    const devices = this.simulation.robots.devicesOf(robot)
    if (!devices) return
    this.described.add(robot)
    this.send({ type: 'devices', robot, devices })
  }

  private show(robot: string, device: string): void {
    const key = JSON.stringify([robot, device])
    const now = this.now()
    if (now - (this.shownAt.get(key) ?? Number.NEGATIVE_INFINITY) < PICTURE_INTERVAL_MS) return
    const sight = this.simulation.robots.see(robot, device)
    if (!sight) return
    this.shownAt.set(key, now)
    this.send({ type: 'picture', robot, device, timeMs: this.simulation.timeMs, ...sight.header }, sight.bytes)
  }
}

/** Numbers with as many digits as a person reads: six. */
function rounded<Value>(value: Value): Value {
  if (typeof value === 'number') return Number(value.toPrecision(6)) as Value
  if (Array.isArray(value)) return value.map(rounded) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)])) as Value
}
