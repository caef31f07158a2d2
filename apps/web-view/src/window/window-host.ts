import type { ContactPoint, DeviceDescription, PictureHeader, RobotReadings } from '@simyard/protocol'
import { readWatchMessage, type WatchMessage } from '../connection/watch-message.js'

/** What a window or an overlay wants to know; see `watch` in docs/protocol/compat/webots-stream.md. */
export interface WatchWish {
  readonly robots?: readonly string[]
  /** Those of them whose sensors are shown also where their controller has not enabled them. */
  readonly sampled?: readonly string[]
  readonly pictures?: readonly { readonly robot: string; readonly device: string }[]
  readonly contacts?: boolean
}

/** What a window in the view needs of the stream. */
export interface WindowHost {
  /** A message of the stream, as it is. */
  send(text: string): void
  /** Replaces what this window wanted before; nothing when it closes. */
  watch(wish: WatchWish): void
  /** Each returns how to stop listening. */
  onDevices(listener: (robot: string, devices: readonly DeviceDescription[]) => void): () => void
  onReadings(
    listener: (timeMs: number, robots: readonly RobotReadings[], contacts?: readonly ContactPoint[]) => void,
  ): () => void
  onPicture(listener: (header: PictureHeader, bytes: Uint8Array<ArrayBuffer>) => void): () => void
  onText(listener: (robot: string, text: string) => void): () => void
}

/** Joins the windows of one view with its stream: one wish from all of theirs, and each message to all of them. */
export class WatchedStream {
  private readonly wishes = new Map<object, WatchWish>()
  private readonly listeners = new Set<(message: WatchMessage) => void>()
  private readonly devices = new Map<string, readonly DeviceDescription[]>()
  private wished = ''

  constructor(private readonly send: (text: string) => void) {}

  /** Every message of the stream may be given to this; undefined for one that is about something else. */
  receive(data: string | ArrayBuffer): WatchMessage | undefined {
    const message = readWatchMessage(data)
    if (!message) return undefined
    if (message.type === 'devices') this.devices.set(message.robot, message.devices)
    for (const listener of [...this.listeners]) listener(message)
    return message
  }

  /** The stream is a new one: it knows nothing of wishes. */
  renew(): void {
    this.wished = ''
    if (this.wishes.size > 0) this.tell()
  }

  /** For one window. */
  host(): WindowHost {
    const key = {}
    return {
      send: this.send,
      watch: (wish) => {
        this.wishes.set(key, wish)
        if (Object.keys(wish).length === 0) this.wishes.delete(key)
        this.tell()
      },
      onDevices: (listener) => {
        for (const [robot, devices] of this.devices) listener(robot, devices)
        return this.listen((message) => {
          if (message.type === 'devices') listener(message.robot, message.devices)
        })
      },
      onReadings: (listener) =>
        this.listen((message) => {
          if (message.type === 'readings') listener(message.timeMs, message.robots, message.contacts)
        }),
      onPicture: (listener) =>
        this.listen((message) => {
          if (message.type === 'picture') listener(message.header, message.bytes)
        }),
      onText: (listener) =>
        this.listen((message) => {
          if (message.type === 'robot-text') listener(message.robot, message.text)
        }),
    }
  }

  private listen(listener: (message: WatchMessage) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private tell(): void {
    const wishes = [...this.wishes.values()]
    const all = <Item>(items: (wish: WatchWish) => readonly Item[] | undefined, most: number) => {
      const seen = new Map(wishes.flatMap((wish) => items(wish) ?? []).map((item) => [JSON.stringify(item), item]))
      return [...seen.values()].slice(0, most)
    }
    const text = `simyard:${JSON.stringify({
      type: 'watch',
      robots: all(({ robots }) => robots, 16),
      sampled: all(({ sampled }) => sampled, 16),
      pictures: all(({ pictures }) => pictures, 8),
      contacts: wishes.some(({ contacts }) => contacts),
    })}`
    if (text === this.wished) return
    this.wished = text
    this.send(text)
  }
}

/** Text for the controller of a robot, as the stream carries it; names may have colons only in the second form. */
export function robotMessage(robot: string, text: string): string {
  return robot.includes(':') || robot.startsWith('{')
    ? `robot:${JSON.stringify({ message: text, name: robot })}`
    : `robot:${robot}:${text}`
}
