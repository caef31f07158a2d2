import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { SimyardError, setUpError } from '@simyard/protocol'
import type { SiteReference } from './reference.js'

/** Fills a folder with a project of a website. */
export interface ProjectSource {
  /** Whether this source is responsible for the reference's origin. */
  serves(reference: SiteReference): boolean
  fetch(reference: SiteReference, folder: string, signal: AbortSignal): Promise<void>
}

/** Who waits for a project. */
export interface Preparation {
  /** Aborted when the visitor leaves. */
  readonly signal: AbortSignal
  /** A line for the visitor about what takes time. */
  progress(line: string): void
}

/** A project that is at hand: what takes long or may be refused is done. */
export interface PreparedProject {
  /** Puts the files into an empty folder. */
  fill(folder: string, signal: AbortSignal): Promise<void>
  /** Whose files `reset controller` restores; absent: those that `fill` has put there. */
  readonly baseDir?: string
  /** Gives back what is held for it. May be called twice. */
  release(): void
}

/** Throws WORLD_NOT_FOUND, where the originals keep the visitor waiting. */
export async function requireWorld(folder: string, world: string): Promise<void> {
  try {
    await access(join(folder, world), constants.R_OK)
  } catch (cause) {
    throw new SimyardError('WORLD_NOT_FOUND', setUpError.missingWorld(world), { cause })
  }
}
