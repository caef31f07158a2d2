import { cosine, rotate, sine, type Vector3 } from '@simyard/geometry'
import { numberField, stringField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'
import { measured } from './range-image.js'

const MAX_POINTS = 65_536
const FULL_TURN = 2 * Math.PI - 1e-3

/**
 * Lidar: a ray for each point, layers from the top, each from left to right, x ahead. Rays meet bounding objects, as those
 * of distance sensors do; the robot's own are transparent. One that looks all around has its last point one step before its
 * first; any other has points at both edges of its field of view.
 */
export function createLidar(node: SceneNode, robot: SceneNode, world: DeviceWorld): Device {
  const width = Math.max(1, numberField(node, 'horizontalResolution', 512))
  const layers = Math.max(1, numberField(node, 'numberOfLayers', 4))
  const fieldOfView = numberField(node, 'fieldOfView', 1.5708)
  const verticalFieldOfView = numberField(node, 'verticalFieldOfView', 0.2)
  const tilt = numberField(node, 'tiltAngle', 0)
  const limits = {
    minRange: numberField(node, 'minRange', 0.01),
    maxRange: numberField(node, 'maxRange', 1),
    noise: numberField(node, 'noise', 0),
    resolution: numberField(node, 'resolution', -1),
  }
  const { minRange, maxRange } = limits
  const tooMany = width * layers > MAX_POINTS
  const directions = tooMany ? [] : directionsOf(width, layers, fieldOfView, verticalFieldOfView, tilt)
  return {
    node,
    description: describe(node, {
      width,
      layers,
      fov: fieldOfView,
      verticalFov: verticalFieldOfView,
      tiltAngle: tilt,
      minRange,
      maxRange,
      frequency: numberField(node, 'defaultFrequency', 10),
      minFrequency: numberField(node, 'minFrequency', 1),
      maxFrequency: numberField(node, 'maxFrequency', 25),
      sensorType: stringField(node, 'type', 'fixed'),
    }),
    reset: () => {},
    sample() {
      const pose = world.physics.worldPose(node.id)
      if (!pose || tooMany) return {}
      const values = new Float32Array(width * layers)
      for (const [index, direction] of directions.entries()) {
        const hit = world.physics.castRay({
          origin: pose.translation,
          direction: rotate(pose.rotation, direction),
          maxDistance: maxRange,
          ignoreRobot: robot,
        })
        values[index] = measured(hit ? hit.distance : Number.POSITIVE_INFINITY, limits, world.random)
      }
      const sphere = { pose, fieldOfView, verticalFieldOfView }
      return { ranges: { width, height: layers, values, minRange, maxRange, sphere } }
    },
  }
}

/** Unit vectors in the lidar's frame, layers from the top, each from left to right. */
function directionsOf(width: number, layers: number, around: number, upright: number, tilt: number): Vector3[] {
  const turn = around >= FULL_TURN ? around / width : around / Math.max(1, width - 1)
  const drop = upright / Math.max(1, layers - 1)
  const directions: Vector3[] = []
  for (let layer = 0; layer < layers; layer++) {
    const elevation = (layers > 1 ? upright / 2 - layer * drop : 0) + tilt
    for (let column = 0; column < width; column++) {
      const azimuth = width > 1 ? around / 2 - column * turn : 0
      directions.push([cosine(elevation) * cosine(azimuth), cosine(elevation) * sine(azimuth), sine(elevation)])
    }
  }
  return directions
}
