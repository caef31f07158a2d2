import { numberField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'
import { measured } from './range-image.js'

const MAX_PIXELS = 1280 * 960

/** RangeFinder: for each pixel of a camera's picture the distance along x, metres. */
export function createRangeFinder(node: SceneNode, world: DeviceWorld): Device {
  const width = Math.max(1, numberField(node, 'width', 64))
  const height = Math.max(1, numberField(node, 'height', 64))
  const fieldOfView = numberField(node, 'fieldOfView', 0.7854)
  const near = numberField(node, 'near', 0.01)
  const limits = {
    minRange: numberField(node, 'minRange', 0.01),
    maxRange: numberField(node, 'maxRange', 1),
    noise: numberField(node, 'noise', 0),
    resolution: numberField(node, 'resolution', -1),
  }
  const { minRange, maxRange } = limits
  return {
    node,
    description: describe(node, { width, height, fov: fieldOfView, near, minRange, maxRange }),
    reset: () => {},
    sample() {
      const pose = world.physics.worldPose(node.id)
      if (!pose || width * height > MAX_PIXELS) return {}
      const { color: background, luminosity } = world.visuals.sky
      const view = { pose, width, height, fieldOfView, near, far: maxRange, background, luminosity }
      const values = world.cameras.depths(view).map((depth) => measured(depth, limits, world.random))
      return { ranges: { width, height, values, minRange, maxRange } }
    },
  }
}
