import * as z from 'zod'
import { FeedOffer } from '../feed.js'
import { MemberName } from '../lobby.js'

/** A name or an id; the originals have no bound. */
const shortText = z.string().min(1).max(200)

/** What our own pages and programs add, to come back to their place after a lost connection. */
const placeFields = {
  /** The client takes messages with their number as a second argument, and keeps its place when it drops. */
  keep_place: z.boolean().optional(),
  /** Number of the last message that it has got. */
  last_number: z.int().min(0).optional(),
  /** Asks for the announcements of docs/protocol/lobby-v1.md. */
  presence: z.boolean().optional(),
}

/** The original sends none and is known by its cookie; our own pages name the room and prove that it is theirs. */
export const BrowserConnect = z.looseObject({
  session_id: shortText.optional(),
  key: shortText.optional(),
  /** It can be watched; see docs/protocol/watch-v1.md. */
  feed: FeedOffer.optional(),
  ...placeFields,
})
export type BrowserConnect = z.infer<typeof BrowserConnect>

export const PythonConnect = z.looseObject({
  /** Id or join code of the room. */
  session_id: shortText,
  /** The client's own socket id by its own account; on a return the id that it had. */
  user_id: shortText.optional(),
  /** Whether it is an environment user, by truthiness as in the original. */
  env_user: z.unknown().optional(),
  fossbot_name: shortText.optional(),
  func: z.string().optional(),
  key: shortText.optional(),
  /** What an owner made for this member; see docs/protocol/lobby-v1.md. */
  token: z.string().min(1).max(2000).optional(),
  /** How others see the member. */
  username: MemberName.optional(),
  ...placeFields,
})
export type PythonConnect = z.infer<typeof PythonConnect>

/** `func`, its parameters, and `fossbot_name` of robot users. */
export type FossbotCommand = { readonly func: string; readonly fossbot_name?: unknown } & Readonly<
  Record<string, unknown>
>

/** By hand: this runs for every message, and what it lets through is forwarded as it came. */
export function isFossbotCommand(value: unknown): value is FossbotCommand {
  return isObject(value) && typeof value.func === 'string' && value.func.length <= 200
}

/** `data` and `user_id`; `fossbot_name` in what a robot says. */
export type FossbotReply = { readonly user_id: string } & Readonly<Record<string, unknown>>

export function isFossbotReply(value: unknown): value is FossbotReply {
  return isObject(value) && typeof value.user_id === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Commands that change the scene for everybody; `fossbot_name` in them names a thing and claims no robot. */
const environmentFunctions: ReadonlySet<string> = new Set([
  'foss_spawn',
  'obs_spawn',
  'change_fossbot',
  'change_floor',
  'change_floor_skin',
  'change_floor_terrain',
  'reset_terrain',
  'remove_all_objects',
  'change_brightness',
])
/** Robots are gone after these, and their drivers drive nothing. */
const clearingFunctions: ReadonlySet<string> = new Set(['remove_all_objects', 'reset_terrain', 'restart_all'])

/** What a command means for who may send it and who drives what. */
export type FossbotCommandKind = 'environment' | 'leave' | 'presence' | 'robot' | 'other'

export function fossbotCommandKind({ func, fossbot_name }: FossbotCommand): FossbotCommandKind {
  if (environmentFunctions.has(func) || func === 'restart_all') return 'environment'
  if (func === 'exit') return 'leave'
  if (func === 'exit_env' || func === 'connect_env') return 'presence'
  return typeof fossbot_name === 'string' ? 'robot' : 'other'
}

/** A terrain is uploaded in pieces; only the message after them changes the floor. */
export function clearsRobots({ func, image }: FossbotCommand): boolean {
  return clearingFunctions.has(func) || (func === 'change_floor_terrain' && image === undefined)
}

/** Sent to the simulator for a program that is gone. */
export function fossbotExit(environmentUser: boolean, userId: string): FossbotCommand & FossbotReply {
  return { func: environmentUser ? 'exit_env' : 'exit', user_id: userId }
}

/** The texts of `godotError` that users' programs and lessons know. */
export const fossbotText = {
  unknownRobot: (name: string) => `Requested ${name} does not exist in scene.`,
  robotTaken: (name: string) => `${name} is already controlled by another user!`,
} as const
