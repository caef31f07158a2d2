/**
 * The catalogue of errors that people and programs may see. Every code has a row in docs/errors.md; a test compares
 * both directions. A message says what happened, to what, and what to do.
 */
export interface ErrorDefinition {
  /** HTTP status when the error answers a request. */
  readonly status: number
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean
}

export const errorCatalogue = {
  // scene
  SCENE_SYNTAX: { status: 422, retryable: false },
  SCENE_UNKNOWN_FIELD: { status: 422, retryable: false },
  SCENE_WRONG_TYPE: { status: 422, retryable: false },
  SCENE_UNKNOWN_DEF: { status: 422, retryable: false },
  SCENE_UNKNOWN_PROTO: { status: 422, retryable: false },
  SCENE_PROTO_CYCLE: { status: 422, retryable: false },
  SCENE_TEMPLATE_FAILED: { status: 422, retryable: false },
  SCENE_TEMPLATE_TIMEOUT: { status: 422, retryable: false },
  SCENE_FILE_MISSING: { status: 422, retryable: false },
  SCENE_MESH_INVALID: { status: 422, retryable: false },
  SCENE_TOO_LARGE: { status: 422, retryable: false },
  // physics
  PHYSICS_MODEL_REJECTED: { status: 422, retryable: false },
  PHYSICS_DIVERGED: { status: 500, retryable: false },
  // the running world
  EDIT_REFUSED: { status: 409, retryable: false },
  // controllers
  CONTROLLER_MISSING: { status: 422, retryable: false },
  CONTROLLER_NOT_HERE: { status: 422, retryable: false },
  CONTROLLER_LANGUAGE_UNSUPPORTED: { status: 422, retryable: false },
  CONTROLLER_CRASHED: { status: 500, retryable: false },
  CONTROLLER_LIMIT_EXCEEDED: { status: 500, retryable: false },
  CONTROLLER_NOT_STEPPING: { status: 500, retryable: false },
  CONTROLLER_BAD_MESSAGE: { status: 400, retryable: false },
  // session and simulation servers
  FLEET_NO_CAPACITY: { status: 503, retryable: true },
  FLEET_KEY_WRONG: { status: 401, retryable: false },
  FLEET_NODE_UNKNOWN: { status: 404, retryable: false },
  LEASE_STALE: { status: 409, retryable: false },
  LEASE_ENDED: { status: 410, retryable: false },
  TICKET_LAPSED: { status: 410, retryable: false },
  NODE_FULL: { status: 503, retryable: true },
  NODE_DRAINING: { status: 503, retryable: true },
  CLIENT_BAD_MESSAGE: { status: 400, retryable: false },
  START_URL_INVALID: { status: 400, retryable: false },
  START_ORIGIN_REFUSED: { status: 403, retryable: false },
  PROJECT_DOWNLOAD_FAILED: { status: 502, retryable: true },
  PROJECT_ARCHIVE_INVALID: { status: 422, retryable: false },
  PROJECT_TOO_LARGE: { status: 413, retryable: false },
  WORLD_NOT_FOUND: { status: 404, retryable: false },
  REPOSITORY_REFUSED: { status: 403, retryable: false },
  REPOSITORY_UNAVAILABLE: { status: 502, retryable: true },
  IDLE_TIME_NOT_SHARED: { status: 503, retryable: true },
  GIT_MISSING: { status: 500, retryable: false },
  HOST_KEY_MISSING: { status: 403, retryable: false },
  DISK_FULL: { status: 507, retryable: true },
  SIMULATOR_START_FAILED: { status: 500, retryable: true },
  SIMULATOR_CRASHED: { status: 500, retryable: true },
  SIMULATOR_TIMEOUT: { status: 504, retryable: true },
  SESSION_TIME_OVER: { status: 410, retryable: false },
  SESSION_GONE: { status: 410, retryable: false },
  STREAM_BAD_MESSAGE: { status: 400, retryable: false },
  FRAME_INVALID: { status: 400, retryable: true },
  RECORDING_INVALID: { status: 422, retryable: false },
  SANDBOX_UNAVAILABLE: { status: 500, retryable: false },
  DOCKER_UNAVAILABLE: { status: 503, retryable: true },
  DOCKER_IMAGE_MISSING: { status: 500, retryable: false },
  DOCKER_FAILED: { status: 500, retryable: false },
  // projects and website
  PROJECT_NOT_FOUND: { status: 404, retryable: false },
  PROJECT_INVALID: { status: 422, retryable: false },
  FILE_NOT_FOUND: { status: 404, retryable: false },
  FILE_PATH_INVALID: { status: 400, retryable: false },
  FILE_TOO_LARGE: { status: 413, retryable: false },
  PROJECT_QUOTA_EXCEEDED: { status: 413, retryable: false },
  PROJECT_READ_ONLY: { status: 403, retryable: false },
  PROJECT_WRONG_KEY: { status: 403, retryable: false },
  EXHIBIT_NOT_FOUND: { status: 404, retryable: false },
  EXHIBIT_INVALID: { status: 422, retryable: false },
  EXHIBIT_QUOTA_EXCEEDED: { status: 507, retryable: true },
  EXHIBIT_WRONG_KEY: { status: 403, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  // rooms
  RELAY_UNREACHABLE: { status: 502, retryable: true },
  ROOM_NOT_FOUND: { status: 404, retryable: false },
  ROOM_FULL: { status: 503, retryable: true },
  ROOM_LIMIT_REACHED: { status: 503, retryable: true },
  ROOM_KEY_WRONG: { status: 403, retryable: false },
  ROOM_SIMULATOR_TAKEN: { status: 409, retryable: false },
  ROOM_SIMULATOR_MISSING: { status: 409, retryable: true },
  ROOM_SIMULATOR_LEFT: { status: 410, retryable: false },
  ROOM_PAGE_AMBIGUOUS: { status: 409, retryable: true },
  ROOM_NOT_JOINED: { status: 409, retryable: false },
  ROOM_ROLE_REFUSED: { status: 403, retryable: false },
  ROOM_BAD_MESSAGE: { status: 400, retryable: false },
  ROOM_PLACE_LOST: { status: 410, retryable: false },
  ROOM_ENDED: { status: 410, retryable: false },
  ROOM_LOCKED: { status: 403, retryable: true },
  ROOM_TOKEN_WRONG: { status: 403, retryable: false },
  ROOM_MEMBER_UNKNOWN: { status: 404, retryable: false },
  ROOM_REMOVED: { status: 403, retryable: false },
  ROOM_NOT_WATCHABLE: { status: 409, retryable: false },
  ROBOT_TAKEN: { status: 409, retryable: true },
  ROBOT_NOT_FOUND: { status: 404, retryable: false },
  // clients
  CONNECTION_CLOSED: { status: 410, retryable: false },
  ANSWER_TIMEOUT: { status: 504, retryable: true },
  MOVE_CANCELLED: { status: 409, retryable: true },
  SIMULATOR_REFUSED: { status: 422, retryable: false },
  // service host
  REQUEST_INVALID: { status: 400, retryable: false },
  ROUTE_NOT_FOUND: { status: 404, retryable: false },
  CONFIG_INVALID: { status: 500, retryable: false },
  PORT_IN_USE: { status: 500, retryable: false },
  INTERNAL: { status: 500, retryable: false },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorCatalogue

/** Where in a file something went wrong; line and column count from 1. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** An expected failure with a stable code. `message` is complete by itself: cause, object and way out. */
export class SimyardError extends Error {
  override readonly name = 'SimyardError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: { readonly location?: SourceLocation; readonly cause?: unknown } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
  }

  get location(): SourceLocation | undefined {
    return this.detail.location
  }

  toJSON(): ErrorReport {
    return { code: this.code, message: this.message, ...(this.location ? { location: this.location } : {}) }
  }
}

/** The form in which an error crosses a process boundary. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly message: string
  readonly location?: SourceLocation
}

/** Any thrown value as a report; what is not ours becomes INTERNAL with its message. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof SimyardError) return error.toJSON()
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'INTERNAL', message }
}
