import { HostedRoom } from '@simyard/client'
import { encodeFrame, type FeedOffer, feedEvent, type ServerToSimulator } from '@simyard/protocol'
import { Feed } from '@simyard/stream'
import { TextSocket } from '@simyard/testkit'
import { io, type Socket } from 'socket.io-client'
import { expect } from 'vitest'
import { RelayBench } from '../relay.bench.js'

type Answer = Record<string, unknown> & { ok: boolean; error?: { code: string } }
interface Access {
  readonly id: string
  readonly code: string
  readonly key: string
}
export interface HostOptions {
  readonly world?: string
  readonly offer?: Partial<FeedOffer>
}

const NOTHING = new Uint8Array(0)
/** The scene of all hosts. */
export const XML = '<nodes><Scene id="n-1"/></nodes>'

const loaded = (world: string) =>
  ({
    type: 'loaded',
    world,
    title: 'A world',
    info: [],
    basicTimeStepMs: 16,
    fps: 60,
    robots: [],
    diagnostics: [],
  }) as const

/** A simulator with a world of one node, as a tab hosts it: everything but the physics. */
export class Host {
  readonly asked: ServerToSimulator[] = []
  refused: { readonly code: string } | undefined
  readonly feed = new Feed({ toSimulator: (message) => this.answer(message), now: () => performance.now() })
  readonly room: HostedRoom
  private timeMs = 0

  constructor(address: string, access: Access, { world = 'worlds/a.wbt', offer = {} }: HostOptions = {}) {
    const { feed } = this
    this.feed.take(loaded(world), NOTHING)
    this.frame('0 0 0', true)
    this.feed.take({ type: 'mode', mode: 'real-time', timeMs: 0, by: 'request' }, NOTHING)
    this.room = new HostedRoom(
      {
        address,
        transports: ['websocket'],
        onCommand: (_command, reply) => reply('done'),
        feed: {
          offer: () => ({
            host: 'tab',
            title: 'A world',
            project: `${address}/projects/a/`,
            assets: `${address}/assets/`,
            ...offer,
          }),
          begin: (send) => feed.begin(send),
          end: () => feed.end(),
          request: (message) => feed.request(message),
        },
        onFeedRefused: (error) => {
          this.refused = error
        },
      },
      access,
    )
    this.room.open()
  }

  private answer(message: ServerToSimulator): void {
    this.asked.push(message)
    if (message.type !== 'export-scene') return
    this.feed.take({ type: 'scene', request: message.request }, new TextEncoder().encode(XML))
  }

  /** The line breaks; the connection comes back by itself. */
  breakLine(): void {
    const { socket } = this.room as unknown as { socket: Socket }
    socket.io.engine.close()
  }

  frame(translation: string, full = false): void {
    this.timeMs += 32
    const updates = [{ id: 1, translation }]
    this.feed.take({ type: 'frame', frame: { timeMs: full ? 0 : this.timeMs, updates }, full }, NOTHING)
  }
}

/** A relay with rooms that are watched. */
export class WatchBench extends RelayBench {
  async openRoom(): Promise<Access> {
    return (await (await fetch(`${this.address}/api/v1/rooms`, { method: 'POST' })).json()) as Access
  }

  async lookAt(name: string): Promise<Record<string, unknown>> {
    return (await (await fetch(`${this.address}/api/v1/rooms/${name}`)).json()) as Record<string, unknown>
  }

  host(access: Access, options: HostOptions = {}): Host {
    const host = new Host(this.address, access, options)
    this.closeAtEnd(() => host.room.close())
    return host
  }

  async hosted(options: HostOptions = {}): Promise<{ access: Access; host: Host }> {
    const access = await this.openRoom()
    const host = this.host(access, options)
    await this.untilSimulatorIs('here', access.id)
    return { access, host }
  }

  /** Address of the stream of a room. */
  stream(name: string, query = ''): string {
    return `${this.address.replace('http', 'ws')}/api/v1/rooms/${name}/stream/${query}`
  }

  async watch(name: string, ...words: string[]): Promise<TextSocket> {
    const socket = await TextSocket.open(this.stream(name))
    this.closeAtEnd(() => socket.close())
    for (const word of words) socket.send(word)
    return socket
  }

  /** As a page of ours without bytes. */
  watchOurs(name: string): Promise<TextSocket> {
    return this.watch(name, 'simyard:hello', 'x3d')
  }

  connect(): Socket {
    const socket = io(`${this.address}/godot`, { forceNew: true, transports: ['websocket'] })
    this.closeAtEnd(() => socket.disconnect())
    return socket
  }

  /** The owner of a room, as its page is. */
  async own(access: Access): Promise<{ ask(event: string, payload?: object): Promise<Answer>; events: string[] }> {
    const socket = this.connect()
    const events: string[] = []
    socket.onAny((event, payload) => events.push(`${event} ${JSON.stringify(payload)}`))
    const ask = (event: string, payload: object = {}) => socket.emitWithAck(event, payload) as Promise<Answer>
    expect((await ask('join_room', { room: access.id, key: access.key, username: 'Owner' })).ok).toBe(true)
    return { ask, events }
  }

  /** A simulator that sends what it likes, while somebody watches. */
  async liar(): Promise<{ access: Access; socket: Socket; feed: number; watcher: TextSocket }> {
    const access = await this.openRoom()
    const socket = this.connect()
    const wanted = new Promise<number>((resolve) => {
      socket.on(feedEvent.wanted, ({ feed }: { feed: number }) => resolve(feed))
    })
    const feed = { host: 'tab', title: '', project: `${this.address}/p/`, assets: `${this.address}/a/` }
    socket.emit('browserConnect', { session_id: access.id, key: access.key, feed })
    await this.untilSimulatorIs('here', access.id)
    const watcher = await this.watchOurs(access.code)
    return { access, socket, feed: await wanted, watcher }
  }
}

/** The code for which a page of ours is refused, or sent away. */
export async function refusalOf(socket: TextSocket): Promise<string> {
  const event = await socket.next((text) => text.startsWith('simyard:{"type":"ended"'))
  const { reason } = await socket.untilClosed()
  const { error } = JSON.parse(event.slice('simyard:'.length)) as { error: { code: string } }
  expect(reason).toBe(error.code)
  return error.code
}

export const has = (part: string) => (text: string) => text.includes(part)
export const frameOf = (message: unknown, body?: Uint8Array) => Buffer.from(encodeFrame(message, body))
