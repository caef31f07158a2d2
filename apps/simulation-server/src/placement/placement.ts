import type { StreamDialect } from '@simyard/protocol'
import type { Instance, InstanceEvents } from '../instance/instance.js'
import type { PreparedProject } from '../project/project-source.js'

export type PlacementDriver = 'embedded' | 'enki' | 'webots' | 'docker'

/** One visitor's simulation that is to be started. */
export interface PlacementSpec {
  /** Number of the stream, as visitors know it. */
  readonly port: number
  /** Port that the program opens when `streamBy` is 'program'; often the same. */
  readonly programPort: number
  /** Its name, for logs and the monitor page. */
  readonly project: string
  /** Project-relative: `worlds/x.wbt`. */
  readonly world: string
  /** Comes while the program starts. */
  readonly prepared: Promise<PreparedProject>
  readonly dialect: StreamDialect
  /** How the page wants to see it, in Webots' words: `x3d`, `w3d`, `mjpeg`; absent when it did not say. */
  readonly mode: string | undefined
  /** Whether this visitor may change the project's controllers. */
  readonly mayEditControllers: boolean
  /** Public address of the stream, without a trailing slash. */
  readonly streamUrl: string
  readonly events: InstanceEvents
}

/** Programs that are ready before anybody asks. */
export interface WarmPrograms {
  readonly ready: number
  readonly size: number
}

/** A way to run simulations on this machine: which program, how it is started and how it is reached. */
export interface Placement {
  readonly driver: PlacementDriver
  /** A sentence for operators. */
  readonly description: string
  /** Whether strangers' programs that it starts are confined. */
  readonly confined: boolean
  /** Who opens the port of a stream: the server, or the program by itself. */
  readonly streamBy: 'server' | 'program'
  /** Undefined when nothing can be kept ready. */
  readonly warm: WarmPrograms | undefined
  /** Rejects with what a visitor should know when the program cannot be started, or its project does not come. */
  start(spec: PlacementSpec): Promise<Instance>
  close(): void
}
