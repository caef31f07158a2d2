import { type ErrorCode, errorCatalogue, type RoomRole, SimyardError } from '@simyard/protocol'

/** What everybody may know who has the id or the join code of a room. */
export interface RoomDescription {
  readonly simulator: 'expected' | 'here' | 'away' | 'gone'
  /** What the id or code lets one do. */
  readonly role: RoomRole
  readonly members: number
  readonly watchers: number
  /** Where the simulation runs, when its simulator has said so. */
  readonly host?: 'tab' | 'server'
  /** Of the world. */
  readonly title?: string
  /** `ws://…/`, for `<simyard-view stream="…" broadcast>` and every client of Webots' stream. */
  readonly stream: string
}

interface Answer extends Omit<RoomDescription, 'stream'> {
  readonly watch_id?: string
  readonly not_watchable?: { readonly code: string; readonly message: string }
  readonly error?: { readonly code: string; readonly message: string }
}

/**
 * Where a room can be watched. Rejects with ROOM_NOT_FOUND, ROOM_NOT_WATCHABLE, ROOM_LOCKED where its owner lets nobody
 * watch, or RELAY_UNREACHABLE.
 * @param address `http://host:port` of the relay.
 * @param room Id or join code.
 */
export async function watchRoom(
  address: string,
  room: string,
  { token, signal }: { readonly token?: string; readonly signal?: AbortSignal } = {},
): Promise<RoomDescription> {
  const rooms = `${address.replace(/\/+$/, '')}/api/v1/rooms`
  let answer: Answer
  try {
    const response = await fetch(`${rooms}/${encodeURIComponent(room)}`, signal ? { signal } : {})
    answer = (await response.json()) as Answer
  } catch (error) {
    signal?.throwIfAborted()
    const message = `There is no relay at ${address}, or it does not let pages of this site ask for rooms. Is it started?`
    throw new SimyardError('RELAY_UNREACHABLE', message, { cause: error })
  }
  const { watch_id, not_watchable, error, ...description } = answer
  const refusal = error ?? not_watchable
  if (refusal) {
    const code = refusal.code in errorCatalogue ? (refusal.code as ErrorCode) : 'RELAY_UNREACHABLE'
    throw new SimyardError(code, refusal.message)
  }
  if (watch_id === undefined) throw new SimyardError('ROOM_LOCKED', 'The owner lets nobody watch this room.')
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`
  return { ...description, stream: `${rooms.replace(/^http/, 'ws')}/${watch_id}/stream/${query}` }
}
