import { DirectionalLight, type Light, type Object3D, PointLight, SpotLight, Vector3 } from 'three'
import { boolean, color, number, vector } from './attribute.js'

export const lightTags = new Set(['DirectionalLight', 'PointLight', 'SpotLight'])

/** The renderer divides diffuse light by π; a part of a surface's light comes from the sky. */
const INTENSITY = Math.PI * 0.42

export function makeLight(element: Element): Light {
  const light =
    element.tagName === 'PointLight'
      ? new PointLight()
      : element.tagName === 'SpotLight'
        ? new SpotLight()
        : new DirectionalLight()
  applyLight(light, element)
  return light
}

export function applyLight(light: Light, element: Element): void {
  light.color.copy(color(element, 'color', [1, 1, 1]))
  light.visible = boolean(element, 'on', true)
  light.intensity = number(element, 'intensity', 1) * INTENSITY
  const direction = vector(element, 'direction', [0, 0, -1])
  if (light instanceof DirectionalLight) {
    aim(light, light.target, new Vector3(), direction)
    light.position.copy(direction).normalize().multiplyScalar(-20)
    light.target.position.set(0, 0, 0)
    light.castShadow = boolean(element, 'castShadows', false)
    light.shadow.mapSize.set(2048, 2048)
    light.shadow.radius = 4
    light.shadow.normalBias = 0.02
    return
  }
  light.position.copy(vector(element, 'location', [0, 0, 0]))
  if (light instanceof PointLight) fade(light, element)
  if (light instanceof SpotLight) {
    fade(light, element)
    light.angle = Math.min(number(element, 'cutOffAngle', 0.785398), Math.PI / 2)
    light.penumbra = 1 - Math.min(number(element, 'beamWidth', 1.570796) / Math.max(light.angle, 1e-3), 1)
    light.castShadow = boolean(element, 'castShadows', false)
    light.shadow.mapSize.set(1024, 1024)
    aim(light, light.target, light.position, direction)
  }
}

/** The renderer knows one power of the distance: the highest that the light has. */
function fade(light: PointLight | SpotLight, element: Element): void {
  const { x: constant, y: linear, z: square } = vector(element, 'attenuation', [1, 0, 0])
  light.distance = number(element, 'radius', 100)
  light.decay = square > 0 ? 2 : linear > 0 ? 1 : 0
  light.intensity /= Math.max(square > 0 ? square : linear > 0 ? linear : constant, 1e-3)
}

function aim(light: Light, target: Object3D, from: Vector3, direction: Vector3): void {
  target.position.copy(from).add(direction)
  if (target.parent !== light.parent && light.parent) light.parent.add(target)
}
