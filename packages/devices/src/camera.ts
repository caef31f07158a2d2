import { numberField, vectorsField } from '@simyard/physics'
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
  const sky = world.scene.nodes.find((root) => root.type === 'Background')
  const [first = [0, 0, 0]] = sky ? vectorsField(sky, 'skyColor') : []
  const flat = sky?.fields.get('skyColor')
  const color = Array.isArray(flat) && typeof flat[0] === 'number' ? flat.map(Number) : first
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
      const background = [color[0] ?? 0, color[1] ?? 0, color[2] ?? 0] as const
      return { picture: world.cameras.render({ pose, width, height, fieldOfView, near, far: 1000, background }) }
    },
    reset() {
      fieldOfView = startView
    },
  }
}
