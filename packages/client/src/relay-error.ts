import { type ErrorCode, errorCatalogue, SimyardError } from '@simyard/protocol'

/** After these the connection is of no use any more. */
const final: ReadonlySet<ErrorCode> = new Set([
  'ROOM_NOT_FOUND',
  'ROOM_KEY_WRONG',
  'ROOM_TOKEN_WRONG',
  'ROOM_FULL',
  'ROOM_LOCKED',
  'ROOM_REMOVED',
  'ROOM_ENDED',
  'ROOM_PLACE_LOST',
])

export function isFinal({ code }: SimyardError): boolean {
  return final.has(code)
}

/** A `godotError`: the relay's own have a code, those of simulators only a text. */
export function relayError(payload: unknown): SimyardError {
  const { data, code } = (typeof payload === 'object' && payload !== null ? payload : {}) as {
    data?: unknown
    code?: unknown
  }
  const text = typeof data === 'string' ? data : JSON.stringify(data ?? 'The simulator reports an error.')
  if (typeof code === 'string' && code in errorCatalogue) return new SimyardError(code as ErrorCode, text)
  if (/^Requested .* does not exist in scene\.$/.test(text)) return new SimyardError('ROBOT_NOT_FOUND', text)
  if (/ is already controlled by another user!$/.test(text)) return new SimyardError('ROBOT_TAKEN', text)
  return new SimyardError('SIMULATOR_REFUSED', text)
}
