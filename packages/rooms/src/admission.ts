import type { LobbySettings } from '@simyard/protocol'
import type { JoinRequest } from './join-request.js'
import { type Outcome, refuse } from './outcome.js'
import type { Role } from './role.js'

/** Whom the owners of a room let in, and who waits for them. */
export class Admission {
  private locked = false
  private required = false
  private watchable = true
  private readonly waiting = new Map<string, JoinRequest>()
  /** Tokens of members who were removed. */
  private readonly revoked = new Set<string>()

  constructor(
    /** What those may who know the join code. */
    private grant: Role,
  ) {}

  get codeRole(): Role {
    return this.grant
  }

  /** Those who want to be members, or those who want to watch. */
  waitingCount(watches: boolean): number {
    let count = 0
    for (const request of this.waiting.values()) if ((request.watches ?? false) === watches) count++
    return count
  }

  /** Whether the owners let others watch. */
  get watching(): boolean {
    return this.watchable
  }

  /** For the one who opens a room. */
  require(): void {
    this.required = true
  }

  set({ code_role, locked, admission, watching }: LobbySettings): void {
    this.grant = code_role ?? this.grant
    this.locked = locked ?? this.locked
    this.required = admission ?? this.required
    this.watchable = watching ?? this.watchable
  }

  /** Why somebody new does not get in, not even to wait. */
  refusalOf({ role, tokenId, watches = false }: JoinRequest): Outcome | undefined {
    if (tokenId !== undefined && this.revoked.has(tokenId)) {
      return refuse('ROOM_REMOVED', 'The owner of this room has removed who had this token. Ask for a new one.')
    }
    if (this.locked && role !== 'owner') {
      return refuse('ROOM_LOCKED', 'The owner has locked this room: nobody new gets in. Ask the owner.')
    }
    if (watches && !this.watchable) {
      return refuse('ROOM_LOCKED', 'The owner lets nobody watch this room. Ask the owner.')
    }
    return undefined
  }

  needs({ invited = false }: JoinRequest): boolean {
    return this.required && !invited
  }

  wait(request: JoinRequest): void {
    this.waiting.set(request.id, request)
  }

  /** Who waited with this id no longer does. */
  take(id: string): JoinRequest | undefined {
    const request = this.waiting.get(id)
    this.waiting.delete(id)
    return request
  }

  /** Those who waited to watch no longer do; returns who that was. */
  takeWatchers(): string[] {
    const ids = [...this.waiting.values()].filter(({ watches }) => watches).map(({ id }) => id)
    for (const id of ids) this.waiting.delete(id)
    return ids
  }

  peek(id: string): JoinRequest | undefined {
    return this.waiting.get(id)
  }

  list(): { user_id: string; username: string; watches?: boolean }[] {
    return [...this.waiting].map(([user_id, { username = '', watches }]) => ({
      user_id,
      username,
      ...(watches ? { watches } : {}),
    }))
  }

  revoke(tokenId: string): void {
    this.revoked.add(tokenId)
  }

  clear(): void {
    this.waiting.clear()
  }
}
