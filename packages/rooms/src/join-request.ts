import type { Role } from './role.js'

export interface JoinRequest {
  /** The id by which the simulator and the replies name the member. */
  readonly id: string
  readonly role: Role
  readonly environmentUser: boolean
  /** Told to the simulator, with the member's id, when the member may drive. */
  readonly announcement: Readonly<Record<string, unknown>>
  /** The robot that it wants to drive at once. */
  readonly robot?: string
  /** With it the member keeps its place when its connection is lost, and gets numbered messages. */
  readonly returnKey?: string
  readonly username?: string
  /** It wants to be told who comes, goes and changes. */
  readonly presence?: boolean
  /** A person who waits for others: comes before the simulator too, which hears nothing of it. */
  readonly lobby?: boolean
  /** It need not be admitted: it has the key, or a token of the owner. */
  readonly invited?: boolean
  readonly tokenId?: string
  /** It sees the room's stream and is no member. */
  readonly watches?: boolean
}
