import type { PrimitiveAxes } from './geometry.js'

/** Nodes that set up the picture; a scene has one of each. */
export const settingTags = new Set(['WorldInfo', 'Viewpoint', 'Background', 'Fog'])
const undrawnTags = new Set([
  ...settingTags,
  'Physics',
  'SolidReference',
  'HingeJointParameters',
  'JointParameters',
  'BallJointParameters',
  'PositionSensor',
  'Brake',
  'RotationalMotor',
  'LinearMotor',
  'Recognition',
  'Lens',
  'Focus',
  'Zoom',
  'Damping',
  'ImmersionProperties',
  'LensFlare',
])

/** Scenes of before R2022a are told by the version that wrote them; without one, by what only they have. */
export function primitiveAxes(scene: Element): PrimitiveAxes {
  const version = scene.ownerDocument.querySelector('head > meta[name="version"]')?.getAttribute('content')
  const year = Number(/R(20\d\d)/.exec(version ?? '')?.[1])
  if (year) return year < 2022 ? 'y' : 'z'
  return scene.querySelector('ElevationGrid[zDimension], [solid="true"], ImageTexture[isTransparent]') ? 'y' : 'z'
}

/** Groups that only arrange what is below them. */
const arranging = new Set([
  'Transform',
  'Pose',
  'Group',
  'Billboard',
  'Slot',
  'Propeller',
  'Switch',
  'HingeJoint',
  'Hinge2Joint',
  'SliderJoint',
  'BallJoint',
])

/** In older scenes every solid is a Transform that says so. */
export function isSolid(element: Element): boolean {
  const { tagName } = element
  const type = element.getAttribute('type')
  if (tagName === 'Transform') return element.getAttribute('solid') === 'true' || type === 'robot' || type === 'solid'
  return !arranging.has(tagName) && (element.hasAttribute('name') || tagName === 'Solid' || tagName === 'Robot')
}

export function isDrawn(element: Element): boolean {
  return !(
    undrawnTags.has(element.tagName) ||
    element.getAttribute('role') === 'boundingObject' ||
    element.getAttribute('render') === 'false' ||
    (element.tagName === 'Switch' && element.getAttribute('whichChoice') === '-1')
  )
}
