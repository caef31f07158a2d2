import { numberField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'

const MAX_PIXELS = 1280 * 960

/** Camera: looks along x, z up. */
export function createCamera(node: SceneNode, world: DeviceWorld): Device {
  const width = Math.max(1, numberField(node, 'width', 64))
  const height = Math.max(1, numberField(node, 'height', 64))
  const startView = numberField(node, 'fieldOfView', 0.7854)
  let fieldOfView = startView
  const near = numberField(node, 'near', 0.01)
  return {
    node,
    description: describe(node, { width, height, fov: fieldOfView, near }),
    apply(command) {
      if (command.set !== 'fov') return `a camera has no '${command.set}'.`
      fieldOfView = Math.min(Math.max(command.value, 0.01), 3.1)
      return undefined
    },
    sample() {
      const pose = world.physics.worldPose(node.id)
      if (!pose || width * height > MAX_PIXELS) return {}
      const { color: background, luminosity } = world.visuals.sky
      const view = { pose, width, height, fieldOfView, near, far: 1000, background, luminosity }
      return { picture: world.cameras.render(view) }
    },
    reset() {
      fieldOfView = startView
    },
  }
}
