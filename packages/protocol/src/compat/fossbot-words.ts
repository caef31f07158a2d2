/**
 * The Socket.IO conversation of FOSSBot's relay between a simulator page and the programs of its users.
 * See docs/protocol/compat/fossbot-relay.md.
 */
export const fossbotEvent = {
  /** Simulator → relay: this page simulates. */
  browserConnect: 'browserConnect',
  /** Program, in whatever language → relay: it wants into a room. */
  pythonConnect: 'pythonConnect',
  /** Program → relay → simulator. */
  clientMessage: 'clientMessage',
  /** Simulator → relay → the program that `user_id` names. */
  godotMessage: 'godotMessage',
  /** As `godotMessage`; the libraries of users disconnect on it. */
  godotError: 'godotError',
} as const
export type FossbotEvent = keyof typeof fossbotEvent

/** Field `model` of the robots that answer to programs of a room. */
export const FOSSBOT_MODEL = 'FOSSBot'
export const FOSSBOT_NAMESPACE = '/godot'
/** Where the libraries of users look, whatever address they were given. */
export const FOSSBOT_SOCKET_PATH = '/socket.io/'
/** Bytes of a message; more ends the connection, as in the original. */
export const FOSSBOT_MAX_MESSAGE_BYTES = 1_000_000
/** Messages in one answer to a polling client: the Python library gives up on more. */
export const FOSSBOT_POLL_PACKETS = 16

/** Our own clients' place in the room: the answer to a `browserConnect` or `pythonConnect` with `keep_place`. */
export const ROOM_PLACE_EVENT = 'roomPlace'
export interface RoomPlace {
  readonly user_id: string
  /** Proves on a return who one was. */
  readonly return_key: string
  /** Number of the last message of the client that the room has taken; 0 without. */
  readonly received: number
}
