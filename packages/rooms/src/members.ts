import { fossbotEvent, lobbyEvent } from '@simyard/protocol'
import type { MessageLog } from './message-log.js'
import type { Delivery } from './outcome.js'
import type { Role } from './role.js'

export interface Member {
  readonly id: string
  role: Role
  readonly username: string
  /** It is told who comes, goes and changes. */
  presence: boolean
  readonly tokenId: string | undefined
  environmentUser: boolean
  readonly returnKey: string | undefined
  /** Number of its last message, when it numbers them. */
  received: number
  /** Since when its connection is lost. */
  awaySinceMs: number | undefined
  /** Its own end closed the connection: a program that was ended, not a line that broke. */
  closed: boolean
}

/** Who is in a room beside the simulator, and what is said to them. */
export class Members {
  private readonly byId = new Map<string, Member>()

  constructor(private readonly log: MessageLog) {}

  get count(): number {
    return this.byId.size
  }

  get(id: string): Member | undefined {
    return this.byId.get(id)
  }

  has(id: string): boolean {
    return this.byId.has(id)
  }

  list(): Member[] {
    return [...this.byId.values()]
  }

  add(member: Member): void {
    this.byId.set(member.id, member)
  }

  remove(id: string): void {
    this.byId.delete(id)
    this.log.forget(id)
  }

  clear(): void {
    this.byId.clear()
  }

  /** For who keeps its place it is numbered, and waits while its connection is lost. */
  tell(member: Member, event: string, payload: unknown): Delivery[] {
    if (member.returnKey === undefined) return [{ to: member.id, event, payload }]
    const number = this.log.add(member.id, event, payload)
    return member.awaySinceMs === undefined ? [{ to: member.id, event, payload, number }] : []
  }

  /** What it has not got; undefined when some of it is no longer kept. */
  missedBy({ id }: Member, lastNumber: number): Delivery[] | undefined {
    return this.log.since(id, lastNumber)?.map(({ number, event, payload }) => ({ to: id, event, payload, number }))
  }

  tellAll(code: string, reason: string): Delivery[] {
    return this.list().flatMap((member) =>
      this.tell(member, fossbotEvent.godotError, { data: reason, user_id: member.id, code }),
    )
  }

  tellOwners(payload: unknown): Delivery[] {
    return this.list()
      .filter(({ role, presence }) => role === 'owner' && presence)
      .flatMap((owner) => this.tell(owner, lobbyEvent.memberWaiting, payload))
  }

  /** To those who asked for it, or came through the lobby. */
  announce(event: string, payload: unknown, except?: Member): Delivery[] {
    const deliveries: Delivery[] = []
    for (const member of this.byId.values()) {
      if (member.presence && member !== except) deliveries.push(...this.tell(member, event, payload))
    }
    return deliveries
  }
}

/** A member as others see it. */
export function memberEntry({ id, username, role, awaySinceMs }: Member) {
  return { user_id: id, username, role, here: awaySinceMs === undefined }
}
