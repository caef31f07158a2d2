import * as z from 'zod'

/**
 * Who is in a room, who may do what, and who decides it: Socket.IO events of the relay that are acknowledged, and what
 * is announced. See docs/protocol/lobby-v1.md.
 */
export const lobbyRequests = [
  'create_room',
  'join_room',
  'leave_room',
  'list_members',
  'admit_member',
  'promote_member',
  'remove_member',
  'set_room',
] as const
export type LobbyRequest = (typeof lobbyRequests)[number]

/** Announcements; unmodified clients of FOSSBot never get one. */
export const lobbyEvent = {
  newGame: 'new_game',
  memberJoined: 'member_joined',
  memberLeft: 'member_left',
  memberChanged: 'member_changed',
  /** To owners: somebody wants to be admitted. */
  memberWaiting: 'member_waiting',
  simulatorChanged: 'simulator_changed',
  /** How many watch the room. */
  watchersChanged: 'watchers_changed',
} as const

/** What a member may do; each may what those before it may. */
export const roomRoles = ['viewer', 'driver', 'stage-hand', 'owner'] as const
export type RoomRole = (typeof roomRoles)[number]

export const MemberName = z.string().trim().min(1).max(60)
const id = z.string().min(1).max(200)
const role = z.enum(roomRoles)

export const LobbyCreate = z.object({ username: MemberName, admission: z.boolean().default(false) })
export const LobbyJoin = z.object({
  /** Id or join code. */
  room: id,
  username: MemberName,
  key: id.optional(),
  token: z.string().min(1).max(2000).optional(),
})
export const LobbyAdmit = z.object({ user_id: id, role: role.optional() })
export const LobbyPromote = z.object({ user_id: id, role })
export const LobbyRemove = z.object({ user_id: id })
export const LobbySettings = z.object({
  code_role: role.optional(),
  locked: z.boolean().optional(),
  admission: z.boolean().optional(),
  /** Whether others may watch. */
  watching: z.boolean().optional(),
})
export type LobbySettings = z.infer<typeof LobbySettings>

/** `POST /api/v1/rooms/<id>/tokens`. */
export const TokenRequest = z.strictObject({
  username: MemberName,
  role: role.default('driver'),
  /** Seconds from now. */
  expires_in: z.number().positive().max(86_400).default(3600),
})
export type TokenRequest = z.infer<typeof TokenRequest>

/** One line of `list_members`. */
export interface MemberEntry {
  readonly user_id: string
  readonly username: string
  readonly role: RoomRole
  /** False while its connection is lost and its place is kept. */
  readonly here: boolean
  readonly robots: readonly string[]
}
