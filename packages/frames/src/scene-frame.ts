import type { LabelUpdate, NodeUpdate, WorldFrame } from '@simyard/protocol'

export type Vector = readonly [x: number, y: number, z: number]
/** Axis and angle in radians. */
export type AxisAngle = readonly [x: number, y: number, z: number, angle: number]

/** Where a node is now, in its parent's frame; metres. What is not there has not changed. */
export interface PoseUpdate {
  readonly id: number
  readonly translation?: Vector
  readonly rotation?: AxisAngle
}

/** What changed in a scene since the frame before, with poses as numbers. */
export interface SceneFrame {
  /** Simulated time. */
  readonly timeMs: number
  readonly poses: readonly PoseUpdate[]
  /** Every other field, as the scene's text has it. */
  readonly fields: readonly NodeUpdate[]
  readonly labels: readonly LabelUpdate[]
}

/** Takes the poses out of a frame's text. */
export function sceneFrame(frame: WorldFrame): SceneFrame {
  const poses: PoseUpdate[] = []
  const fields: NodeUpdate[] = []
  for (const update of frame.updates) {
    const { id, translation, rotation, ...others } = update
    const moved = numbersOf(translation, 3)
    const turned = numbersOf(rotation, 4)
    if (moved || turned) {
      poses.push({
        id,
        ...(moved ? { translation: moved as unknown as Vector } : {}),
        ...(turned ? { rotation: turned as unknown as AxisAngle } : {}),
      })
    }
    // Vectors of other lengths belong to nodes that are no poses, such as TextureTransform.
    const rest: NodeUpdate = {
      id,
      ...others,
      ...(translation !== undefined && !moved ? { translation } : {}),
      ...(rotation !== undefined && !turned ? { rotation } : {}),
    }
    if (Object.keys(rest).length > 1) fields.push(rest)
  }
  return { timeMs: frame.timeMs, poses, fields, labels: frame.labels ?? [] }
}

/** The frame with poses as text, one update for each node. */
export function worldFrame(frame: SceneFrame): WorldFrame {
  const updates = new Map<number, NodeUpdate>()
  for (const { id, translation, rotation } of frame.poses) {
    updates.set(id, {
      id,
      ...(translation ? { translation: translation.join(' ') } : {}),
      ...(rotation ? { rotation: rotation.join(' ') } : {}),
    })
  }
  for (const update of frame.fields) updates.set(update.id, { ...updates.get(update.id), ...update })
  return {
    timeMs: frame.timeMs,
    updates: [...updates.values()],
    ...(frame.labels.length > 0 ? { labels: frame.labels } : {}),
  }
}

function numbersOf(value: NodeUpdate[string] | undefined, count: number): number[] | undefined {
  if (typeof value !== 'string') return undefined
  const parts = value.trim().split(/[\s,]+/)
  if (parts.length !== count) return undefined
  const numbers = parts.map(Number)
  return numbers.every(Number.isFinite) ? numbers : undefined
}
