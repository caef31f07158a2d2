import type { Readable } from 'node:stream'

const MIB = 1024 * 1024

/** What somebody may upload to be looked at. */
export const exhibitLimits = {
  sceneBytes: 16 * MIB,
  animationBytes: 64 * MIB,
  recordingBytes: 32 * MIB,
  thumbnailBytes: MIB,
  /** Of one texture or mesh. */
  assetBytes: 8 * MIB,
  /** Textures and meshes of one exhibit. */
  assets: 200,
  /** All files of one exhibit. */
  exhibitBytes: 96 * MIB,
  /** Uploads of all visitors that are not finished. */
  drafts: 50,
} as const

/** A scene that stands still, an animation of one as Webots writes it, or a recording of our own. */
export type ExhibitKind = 'scene' | 'animation' | 'recording'

export interface ExhibitDescription {
  readonly kind: ExhibitKind
  readonly title: string
  /** Lines of text about the world. */
  readonly info: readonly string[]
  /** Release of Webots whose scene it is; empty when it does not say. */
  readonly version: string
  /** Simulated milliseconds; 0 for a scene. */
  readonly durationMs: number
}

export interface ExhibitFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
}

export interface Exhibit extends ExhibitDescription {
  /** Its only name, a whole number of 32 bits; addresses write it with six characters. */
  readonly number: number
  readonly files: readonly ExhibitFile[]
  /** Of all files. */
  readonly bytes: number
  /** How often its page was opened. */
  readonly views: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

export interface ExhibitContent {
  readonly size: number
  readonly content: Readable
}

/** An upload. Only `seal` makes it last; who began it discards it when something fails. */
export interface ExhibitDraft {
  readonly number: number
  /** Told to who uploads, stored as a hash only: opens the exhibit for changes. */
  readonly key: string
  /** Adds a file of at most so many bytes; returns its size. */
  put(path: string, content: AsyncIterable<Uint8Array>, mostBytes: number): Promise<number>
  /** From now on it waits for `finish`. */
  seal(description: ExhibitDescription): Promise<Exhibit>
  discard(): Promise<void>
}

/**
 * What visitors have uploaded to be looked at. Failures are SimyardErrors: EXHIBIT_NOT_FOUND, EXHIBIT_QUOTA_EXCEEDED,
 * EXHIBIT_WRONG_KEY, FILE_NOT_FOUND, FILE_PATH_INVALID, FILE_TOO_LARGE, DISK_FULL.
 */
export interface ExhibitStore {
  begin(): Promise<ExhibitDraft>
  /** Shows a sealed draft to everybody; one that is shown already stays. */
  finish(number: number): Promise<Exhibit>
  /** Those that are shown, the newest first. */
  list(): Promise<readonly Exhibit[]>
  get(number: number): Promise<Exhibit>
  openFile(number: number, path: string): Promise<ExhibitContent>
  /** Adds or replaces a file of one that is shown. */
  replaceFile(number: number, path: string, content: Uint8Array, key: string): Promise<Exhibit>
  remove(number: number, key: string): Promise<void>
  countView(number: number): Promise<void>
  /** Removes drafts that nobody has finished in time; returns how many. */
  sweep(): Promise<number>
}
