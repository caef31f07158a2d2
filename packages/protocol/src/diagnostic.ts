import type { ErrorCode, SourceLocation } from './errors.js'

/** Something worth telling the author of a world or a controller that does not stop the simulation. */
export interface Diagnostic {
  readonly severity: 'warning' | 'error'
  readonly code: ErrorCode | 'SCENE_UNKNOWN_NODE' | 'SCENE_NOT_SIMULATED'
  readonly message: string
  readonly location?: SourceLocation
}
