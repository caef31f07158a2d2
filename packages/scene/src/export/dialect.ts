import type { SceneNode } from '../node.js'
import type { Scene } from '../scene.js'

/**
 * `x3d`: what Webots 2022–2025 writes (tags of their own for robots, solids and devices; cylinders along z).
 * `x3d-2019`: what Webots 2019–2020 writes (everything a Transform; cylinders along y; y is up).
 */
export type X3dDialect = 'x3d' | 'x3d-2019'

export interface ExportOptions {
  readonly dialect: X3dDialect
  /** The address of a texture or mesh for the viewer; by default relative to the stream's own address. */
  readonly assetUrl?: (url: string) => string
}

/** What the writers of one export share. */
export interface ExportContext {
  readonly scene: Scene
  readonly options: ExportOptions
  /** The id under which the content of a node has been written, so that a USE may refer to it. */
  readonly written: Map<number, number>
}

/** Ids of the wrappers that turn primitives: out of the way of all nodes. */
export const WRAPPER_ID_BASE = 10_000_000

/** `project:/worlds/a.png` → `worlds/a.png`, `asset:/protos/textures/b.png` → `assets/protos/textures/b.png`. */
export function viewerUrl(context: ExportContext, url: string): string {
  if (context.options.assetUrl) return context.options.assetUrl(url)
  return url.replace(/^project:\//, '').replace(/^asset:\//, 'assets/')
}

export function wrapperId(node: SceneNode): string {
  return `n${WRAPPER_ID_BASE + node.id}`
}
