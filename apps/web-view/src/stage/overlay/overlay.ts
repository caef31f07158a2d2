import type { Object3D } from 'three'

/** Something that lies over the scene. Costs nothing while it is hidden. */
export interface Overlay<Data> {
  show(data: Data): void
  hide(): void
  dispose(): void
}

export type Point = readonly [number, number, number]

/** What overlays need of the stage: an object in the world's own axes, and a way to say that it has changed. */
export interface OverlayHost {
  readonly world: Object3D
  invalidate(): void
}

/** What is drawn over a scene is not a part of it: it is neither picked nor measured. */
export function asOverlay<T extends Object3D>(object: T): T {
  object.raycast = () => undefined
  object.frustumCulled = false
  object.visible = false
  object.userData.overlay = true
  return object
}
