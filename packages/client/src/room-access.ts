import { type ErrorCode, errorCatalogue, SimyardError } from '@simyard/protocol'

/** What one needs to be the simulator of a room. */
export interface RoomAccess {
  readonly id: string
  /** For people. */
  readonly code: string
  /** With it a page is the simulator. Keep it to yourself. */
  readonly key: string
}

/**
 * Asks a relay for a new room. Rejects with RELAY_UNREACHABLE, or with what the relay says.
 * @param address `http://host:port` of the relay.
 */
export async function openRoom(address: string, signal?: AbortSignal): Promise<RoomAccess> {
  const url = `${address.replace(/\/+$/, '')}/api/v1/rooms`
  let response: Response
  let answer: Partial<RoomAccess> & { error?: { code?: string; message?: string } }
  try {
    response = await fetch(url, { method: 'POST', ...(signal ? { signal } : {}) })
    answer = (await response.json()) as typeof answer
  } catch (error) {
    signal?.throwIfAborted()
    const message = `There is no relay at ${address}, or it does not let pages of this site open rooms. Is it started?`
    throw new SimyardError('RELAY_UNREACHABLE', message, { cause: error })
  }
  const { id, code: joinCode, key } = answer
  if (response.ok && id !== undefined && joinCode !== undefined && key !== undefined) return { id, code: joinCode, key }
  const { code = '', message = `${url} answered ${response.status}, and no room.` } = answer.error ?? {}
  throw new SimyardError(code in errorCatalogue ? (code as ErrorCode) : 'RELAY_UNREACHABLE', message)
}
