import { SimyardError } from '@simyard/protocol'
import { createJoinCode, normalizeJoinCode, type RandomBelow } from './join-code.js'
import type { Delivery } from './outcome.js'
import type { Role } from './role.js'
import { Room, type RoomOptions } from './room.js'

export interface RoomDirectoryOptions {
  readonly maxRooms: number
  readonly room: RoomOptions
  /** A new UUID. */
  readonly newId: () => string
  /** A new secret that nobody can guess. */
  readonly newKey: () => string
  readonly randomBelow: RandomBelow
}

/** How a room was named, and what that allows. */
export interface FoundRoom {
  readonly room: Room
  readonly role: Role
}

/** Every room of a relay, by id and by join code. */
export class RoomDirectory {
  private readonly byId = new Map<string, Room>()
  private readonly byCode = new Map<string, Room>()
  private readonly byWatchId = new Map<string, Room>()
  private readonly byBrowser = new Map<string, Set<Room>>()

  constructor(private readonly options: RoomDirectoryOptions) {}

  get size(): number {
    return this.byId.size
  }

  open(
    { browser, idRole = 'stage-hand', codeRole = 'viewer' }: { browser?: string; idRole?: Role; codeRole?: Role },
    nowMs: number,
  ): Room {
    if (this.byId.size >= this.options.maxRooms) {
      throw new SimyardError(
        'ROOM_LIMIT_REACHED',
        `There are ${this.options.maxRooms} rooms here, and there may not be more. Try again later.`,
      )
    }
    let code: string
    do code = createJoinCode(this.options.randomBelow)
    while (this.byCode.has(code))
    const { newId, newKey } = this.options
    const watchId = `watch-${newKey()}`
    const identity = { id: newId(), code, key: newKey(), watchId, browser, idRole, codeRole }
    const room = new Room(identity, this.options.room, nowMs)
    this.byId.set(room.id, room)
    this.byCode.set(code, room)
    this.byWatchId.set(watchId, room)
    if (browser !== undefined) this.byBrowser.set(browser, (this.byBrowser.get(browser) ?? new Set()).add(room))
    return room
  }

  find(idOrCode: string): FoundRoom | undefined {
    const room = this.byId.get(idOrCode)
    if (room) return { room, role: room.identity.idRole }
    const code = normalizeJoinCode(idOrCode)
    const named = code === undefined ? undefined : this.byCode.get(code)
    return named && { room: named, role: named.codeRole }
  }

  /** The room that a watch id lets one watch. */
  findWatched(watchId: string): Room | undefined {
    return this.byWatchId.get(watchId)
  }

  /** Rooms that pages of one browser have opened. */
  ofBrowser(browser: string): Room[] {
    return [...(this.byBrowser.get(browser) ?? [])]
  }

  list(): Room[] {
    return [...this.byId.values()]
  }

  /** Lets time pass in every room, and forgets those that have ended. */
  tick(nowMs: number): { readonly deliveries: Delivery[]; readonly ended: Room[] } {
    const deliveries: Delivery[] = []
    for (const room of this.byId.values()) deliveries.push(...room.tick(nowMs))
    const ended = this.list().filter((room) => room.ended)
    for (const room of ended) this.remove(room)
    return { deliveries, ended }
  }

  private remove(room: Room): void {
    const { id, code, watchId, browser } = room.identity
    this.byWatchId.delete(watchId)
    this.byId.delete(id)
    this.byCode.delete(code)
    if (browser === undefined) return
    const rooms = this.byBrowser.get(browser)
    rooms?.delete(room)
    if (rooms?.size === 0) this.byBrowser.delete(browser)
  }
}
