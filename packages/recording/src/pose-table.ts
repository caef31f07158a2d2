import { composePoses, matrixFromQuaternion, ORIGIN, type Pose, quaternionFromAxisAngle } from '@simyard/geometry'
import { type Recording, WholeState } from './recording.js'
import { type SceneNode, SceneTree } from './scene-tree.js'

const HEADER =
  'time (s),name,x (m; world frame),y (m; world frame),z (m; world frame),roll (rad; about x),pitch (rad; about y),yaw (rad; about z)'
const solidTags = new Set(['Robot', 'Solid'])

/**
 * Comma-separated values: a row for each frame and each solid that moves, with its pose in the world. Roll, pitch and yaw
 * are turned about the world's axes, in this order.
 */
export function writeCsv(recording: Recording): string {
  const xml = recording.scene.xml.x3d !== undefined ? 'x3d' : 'x3d-2019'
  const tree = new SceneTree(recording.scene.xml[xml] ?? '')
  const gone = new Set<number>()
  const rows = [HEADER]
  const state = new WholeState()
  const moving = new Set<number>()
  const all = [...recording.frames()]
  for (const { poses } of all) for (const { id } of poses) moving.add(id)
  const changes = [...recording.changes].sort((a, b) => a.timeMs - b.timeMs)
  let nextChange = 0
  for (const frame of all) {
    for (; nextChange < changes.length && changes[nextChange]!.timeMs < frame.timeMs; nextChange++) {
      const change = changes[nextChange]!
      if (change.type === 'node-added') tree.insert(change.xml[xml] ?? '', change.parentId)
      else gone.add(change.id)
    }
    state.apply(frame)
    const poses = new Map(state.frame().poses.map((pose) => [pose.id, pose]))
    const poseOf = (node: SceneNode): Pose => {
      const told = poses.get(node.id)
      const own = {
        translation: told?.translation ?? vectorOf(node.attributes.translation),
        rotation: quaternionFromAxisAngle(told?.rotation ?? rotationOf(node.attributes.rotation)),
      }
      return node.parent ? composePoses(poseOf(node.parent), own) : composePoses(ORIGIN, own)
    }
    for (const node of tree.all()) {
      if (!isSolid(node) || !lineage(node).some(({ id }) => moving.has(id))) continue
      if (lineage(node).some(({ id }) => gone.has(id))) continue
      const { translation, rotation } = poseOf(node)
      const m = matrixFromQuaternion(rotation)
      const angles = [Math.atan2(m[7]!, m[8]!), Math.asin(Math.max(-1, Math.min(1, -m[6]!))), Math.atan2(m[3]!, m[0]!)]
      const numbers = [...translation, ...angles].map((value) => String(Number(value.toFixed(6)) + 0))
      rows.push([frame.timeMs / 1000, quoted(node.attributes.name ?? `n${node.id}`), ...numbers].join(','))
    }
  }
  return `${rows.join('\r\n')}\r\n`
}

function isSolid({ tag, attributes }: SceneNode): boolean {
  return (
    attributes.name !== undefined &&
    (solidTags.has(tag) || attributes.solid === 'true' || /^(solid|robot)$/.test(attributes.type ?? ''))
  )
}

/** The node, what it is in, and so on. */
function lineage(node: SceneNode): SceneNode[] {
  const nodes: SceneNode[] = []
  for (let one: SceneNode | undefined = node; one; one = one.parent) nodes.push(one)
  return nodes
}

function vectorOf(text: string | undefined): readonly [number, number, number] {
  const [x = 0, y = 0, z = 0] = numbersOf(text)
  return [x, y, z]
}

function rotationOf(text: string | undefined): readonly [number, number, number, number] {
  const [x = 0, y = 0, z = 1, angle = 0] = numbersOf(text)
  return [x, y, z, angle]
}

function numbersOf(text: string | undefined): number[] {
  return (text ?? '')
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number)
}

function quoted(text: string): string {
  // What begins like a formula is one for a spreadsheet.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
