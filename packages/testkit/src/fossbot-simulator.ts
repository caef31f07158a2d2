import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'

export interface FossbotSimulatorOptions {
  /** `http://host:port` of the relay. */
  readonly address: string
  readonly robots?: readonly string[]
  /** What the page sends with `browserConnect`; the original sends nothing. */
  readonly identity?: Readonly<Record<string, unknown>>
  readonly socket?: Partial<ManagerOptions & SocketOptions>
}

/** Units a second of a robot that drives a distance. */
const SPEED = 50
const TURN_MS = 60
const PARALLEL: ReadonlySet<string> = new Set([
  'dist_travelled',
  'get_distance',
  'get_echo',
  'get_floor_sensor',
  'get_light_sensor',
  'get_noise_detection',
  'get_elapsed',
  'get_acceleration',
  'get_gyroscope',
  'get_revolutions',
  'get_steps',
  'rgb_set_color',
  'start_timer',
  'stop_timer',
])
const READINGS: Readonly<Record<string, unknown>> = {
  get_distance: 10000,
  get_light_sensor: 512.5,
  get_noise_detection: true,
  get_acceleration: 0.25,
  get_gyroscope: -0.5,
  get_steps: 30,
  get_revolutions: 1.5,
  reset_dir: 'forward',
}

export type FossbotMessage = Readonly<Record<string, unknown>> & { readonly func: string; readonly user_id: string }

/** A FOSSBot simulator tab without a picture: who drives which robot, and an answer to every question. */
export class FossbotSimulator {
  readonly socket: Socket
  /** Everything that it was sent, in order. */
  readonly received: FossbotMessage[] = []
  readonly errors: { data: string; code?: string }[] = []
  /** Robot → user id. */
  readonly owners = new Map<string, string>()
  private readonly robots: Set<string>
  private readonly moves = new Map<string, { readonly sinceMs: number; readonly distance: number }>()
  private readonly turns = new Map<string, NodeJS.Timeout>()
  private readonly pieces = new Map<string, number>()
  private timerSinceMs = 0

  constructor({ address, robots = ['fossbot'], identity, socket = {} }: FossbotSimulatorOptions) {
    this.robots = new Set(robots)
    this.socket = io(`${address}/godot`, { forceNew: true, ...socket })
    this.socket.on('connect', () => {
      if (identity) this.socket.emit('browserConnect', identity)
      else this.socket.emit('browserConnect')
    })
    this.socket.on('clientMessage', (message: FossbotMessage) => {
      this.received.push(message)
      this.answer(message)
    })
    this.socket.on('godotError', (error) => this.errors.push(error))
  }

  private answer(message: FossbotMessage): void {
    const { func, user_id } = message
    const robot = message.fossbot_name as string | undefined
    if (func === 'exit') {
      const owned = [...this.owners].find(([, owner]) => owner === user_id)
      if (owned) this.owners.delete(owned[0])
      return
    }
    if (func === 'remove_all_objects') return this.owners.clear()
    if (func === 'foss_spawn') return void this.robots.add(this.robots.has('fossbot') ? 'fossbot2' : 'fossbot')
    if (func === 'reset_terrain') return void this.socket.emit('godotMessage', { data: 'Terrain Reset.', user_id })
    if (func === 'change_floor_skin' || func === 'change_floor_terrain') return this.upload(message)
    if (robot === undefined) return
    const fail = (data: string) => this.socket.emit('godotError', { data, fossbot_name: robot, user_id })
    if (!this.robots.has(robot)) return void fail(`Requested ${robot} does not exist in scene.`)
    const owner = this.owners.get(robot) ?? user_id
    if (owner !== user_id) return void fail(`${robot} is already controlled by another user!`)
    this.owners.set(robot, user_id)
    const reply = (data: unknown) =>
      this.socket.emit('godotMessage', { data, fossbot_name: robot, user_id: message.user_id })
    if (!PARALLEL.has(func)) {
      clearTimeout(this.turns.get(robot))
      this.moves.delete(robot)
    }
    if (func in READINGS) reply(READINGS[func])
    // The line is under the middle.
    if (func === 'get_floor_sensor') reply(message.sensor_id === 1 ? 0.1 : 0.9)
    if (func === 'start_timer') this.timerSinceMs = Date.now()
    if (func === 'get_elapsed') reply(this.timerSinceMs === 0 ? 0 : (Date.now() - this.timerSinceMs) / 1000)
    if (func === 'move_distance') this.moves.set(robot, { sinceMs: Date.now(), distance: Number(message.tar_dist) })
    if (func === 'dist_travelled') reply(this.pathOf(robot))
    if (func === 'rotate_90') {
      const turned = () => reply(`Final rot pos: ${message.dir_id === 0 ? '' : '-'}${message.degree}`)
      this.turns.set(robot, setTimeout(turned, TURN_MS))
    }
    // A question of this stand-in's own, to see that answers belong to their questions.
    if (func === 'get_echo') reply(message.value)
  }

  private pathOf(robot: string): number {
    const move = this.moves.get(robot)
    return move ? Math.min(((Date.now() - move.sinceMs) * SPEED) / 1000, move.distance + 0.05) : 0
  }

  /** The message after all pieces is answered. */
  private upload({ func, user_id, image_size }: FossbotMessage): void {
    const count = this.pieces.get(user_id) ?? 0
    if (count < Number(image_size)) return void this.pieces.set(user_id, count + 1)
    this.pieces.delete(user_id)
    const data = func === 'change_floor_skin' ? 'Image loaded.' : 'Terrain loaded.'
    this.socket.emit('godotMessage', { data, user_id })
  }

  close(): void {
    for (const turn of this.turns.values()) clearTimeout(turn)
    this.socket.disconnect()
  }
}
