import {
  composePoses,
  distance,
  length,
  normalize,
  type Pose,
  quaternionFromAxisAngle,
  rotate,
  subtract,
  transformPoint,
  type Vector3,
} from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { Supervisor } from '@simyard/simulation'
import { meet, ontoCone, ontoShape, reachOf, shapesOf } from './convex-shape.js'
import { isFloor, isFossbot, isObstacle } from './model.js'

/** What the sensor says when it sees nothing. */
export const NOTHING_IN_RANGE = 10_000

/** In the robot's frame, metres: distances are from here. */
const REFERENCE: Vector3 = [0.572, 0, 0.8995]
const RAY_LENGTH = 6.5
const SIDEWAYS = (22 * Math.PI) / 180
const UPWARDS = (26.4 * Math.PI) / 180
const RAYS: readonly { readonly from: Vector3; readonly direction: Vector3 }[] = [
  { from: [0.511, 0, 1.0255], direction: [1, 0, 0] },
  { from: [0.551, 0.133, 1.0245], direction: rotate(quaternionFromAxisAngle([0, 0, 1, SIDEWAYS]), [1, 0, 0]) },
  { from: [0.551, -0.133, 1.0245], direction: rotate(quaternionFromAxisAngle([0, 0, 1, -SIDEWAYS]), [1, 0, 0]) },
  { from: [0.516, 0, 1.1785], direction: rotate(quaternionFromAxisAngle([0, 1, 0, -UPWARDS]), [1, 0, 0]) },
]
/** From above the axle. */
const CONE: Pose = { translation: [0, 0, REFERENCE[2]], rotation: [0, 0, 0, 1] }
const CONE_LENGTH = 7
const CONE_RADIUS = 3
const CONE_REACH = Math.hypot(CONE_LENGTH, CONE_RADIUS) + REFERENCE[2]

/**
 * Metres to the nearest thing ahead, as measured on the original: four rays, whose hits count by their distance in the
 * plane, and a ray to the middle of each obstacle or robot that is partly inside a cone.
 */
export function ultrasonicDistance(supervisor: Supervisor, robot: SceneNode): number {
  const pose = supervisor.physics.worldPose(robot.id)
  if (!pose) return NOTHING_IN_RANGE
  const reference = transformPoint(pose, REFERENCE)
  let nearest = NOTHING_IN_RANGE
  for (const ray of RAYS) {
    const hit = supervisor.physics.castRay({
      origin: transformPoint(pose, ray.from),
      direction: rotate(pose.rotation, ray.direction),
      maxDistance: RAY_LENGTH,
      ignoreRobot: robot,
    })
    if (!hit) continue
    const [x, y] = subtract(hit.point, reference)
    nearest = Math.min(nearest, Math.sqrt(x * x + y * y))
  }
  const cone = ontoCone(composePoses(pose, CONE), CONE_LENGTH, CONE_RADIUS)
  for (const other of supervisor.scene.nodes) {
    if (other === robot || !(isObstacle(other) || isFossbot(other))) continue
    const otherPose = supervisor.physics.worldPose(other.id)
    if (!otherPose || distance(otherPose.translation, pose.translation) > CONE_REACH + reachOf(other)) continue
    if (!shapesOf(other).some((shape) => meet(ontoShape(shape, otherPose), cone, reference))) continue
    const way = subtract(middleOf(supervisor, other, otherPose), reference)
    const far = length(way)
    if (far === 0) return 0
    const hit = supervisor.physics.castRay({
      origin: reference,
      direction: normalize(way),
      maxDistance: far,
      ignoreRobot: robot,
    })
    if (hit && !isFloor(hit.solid)) nearest = Math.min(nearest, hit.distance)
  }
  return nearest
}

/** The original aims at a body's origin; a robot's is far below the floor there, and nothing is seen of it. */
function middleOf(supervisor: Supervisor, node: SceneNode, pose: Pose): Vector3 {
  if (!isFossbot(node)) return pose.translation
  return transformPoint(supervisor.physics.worldPose(node.id) ?? pose, [-0.69, 0, 0.775])
}
