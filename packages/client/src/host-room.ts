import { SimyardError } from '@simyard/protocol'
import { type WaitOptions, waitFor } from './deadline.js'
import { HostedRoom, type HostedRoomOptions } from './hosted-room.js'
import { isFinal } from './relay-error.js'
import { openRoom, type RoomAccess } from './room-access.js'

export interface HostRoomOptions extends Omit<HostedRoomOptions, 'onState' | 'onUnreachable'>, WaitOptions {
  /** A room that was opened before; without, a new one is. */
  readonly room?: RoomAccess
  /** Keeps the room over a reload of the page, such as `sessionStorage`, which every tab has for itself. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Of the joining. */
  readonly timeoutMs?: number
  /** Told when the connection is lost and comes back by itself. */
  readonly onConnection?: (state: 'here' | 'lost') => void
  /** The room is over for this page; a new one has to be opened. */
  readonly onEnd?: (error: SimyardError) => void
}

const STORAGE_KEY = 'simyard-room'
const TIMEOUT_MS = 10_000

/** Opens a room, or takes back the one of before, and simulates for its programs. */
export async function hostRoom(options: HostRoomOptions): Promise<HostedRoom> {
  const before = options.room ?? stored(options.storage)
  if (before) {
    try {
      return await enter(options, before)
    } catch (error) {
      const over = error instanceof SimyardError && (error.code === 'ROOM_NOT_FOUND' || error.code === 'ROOM_ENDED')
      if (options.room || !over) throw error
    }
  }
  return enter(options, await openRoom(options.address, options.signal))
}

/** Resolves when the place is taken, and rejects when it cannot be. */
async function enter(options: HostRoomOptions, access: RoomAccess): Promise<HostedRoom> {
  const { timeoutMs = TIMEOUT_MS, signal, address, storage, onConnection, onEnd } = options
  let entering: { resolve: (value: undefined) => void; reject: (reason: unknown) => void } | undefined
  const room = new HostedRoom(
    {
      ...options,
      onUnreachable: (error) => entering?.reject(error),
      onState: (now) => {
        switch (now.state) {
          case 'here':
            if (!entering) return onConnection?.('here')
            entering.resolve(undefined)
            entering = undefined
            return
          case 'away':
            if (!entering) onConnection?.('lost')
            return
          case 'refused': {
            const error = new SimyardError(now.error.code, now.error.message)
            if (isFinal(error)) storage?.removeItem(STORAGE_KEY)
            if (entering) entering.reject(error)
            else onEnd?.(error)
          }
        }
      },
    },
    access,
  )
  try {
    await waitFor<undefined>(
      (resolve, reject) => {
        entering = { resolve, reject }
        room.open()
      },
      { timeoutMs, signal },
      () => new SimyardError('ANSWER_TIMEOUT', `${address} did not answer within ${timeoutMs / 1000} s.`),
    )
  } catch (error) {
    room.close()
    throw error
  }
  storage?.setItem(STORAGE_KEY, JSON.stringify(access))
  return room
}

function stored(storage: HostRoomOptions['storage']): RoomAccess | undefined {
  const text = storage?.getItem(STORAGE_KEY)
  if (!text) return undefined
  try {
    return JSON.parse(text) as RoomAccess
  } catch {
    return undefined
  }
}
