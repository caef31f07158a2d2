import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'

export interface FossbotSimulatorOptions {
  /** `http://host:port` of the relay. */
  readonly address: string
  readonly robots?: readonly string[]
  /** What the page sends with `browserConnect`; the original sends nothing. */
  readonly identity?: Readonly<Record<string, unknown>>
  readonly socket?: Partial<ManagerOptions & SocketOptions>
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
    if (robot === undefined) return
    const fail = (data: string) => this.socket.emit('godotError', { data, fossbot_name: robot, user_id })
    if (!this.robots.has(robot)) return void fail(`Requested ${robot} does not exist in scene.`)
    const owner = this.owners.get(robot) ?? user_id
    if (owner !== user_id) return void fail(`${robot} is already controlled by another user!`)
    this.owners.set(robot, user_id)
    const reply = (data: unknown) =>
      this.socket.emit('godotMessage', { data, fossbot_name: robot, user_id: message.user_id })
    if (func === 'get_distance') reply(10000)
    // A question of this stand-in's own, to see that answers belong to their questions.
    if (func === 'get_echo') reply(message.value)
  }

  close(): void {
    this.socket.disconnect()
  }
}
