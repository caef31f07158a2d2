import {
  axisAngleFromQuaternion,
  cosine,
  type Pose,
  quaternionFromAxisAngle,
  sine,
  type Vector3,
} from '@simyard/geometry'
import { colorNamed } from './colors.js'
import { FLOOR_TOP, ORIGINAL_ORIGIN_Z, robotPose, signedDegrees } from './frame.js'
import { type FossbotMessage, numberOf, numberOr, textOf } from './parameters.js'

/** Masses in kg and sizes in metres as measured on the original. */
const CUBE_MASS = 50
const CONE_MASS = 30
const SPHERE_MASS = 50
/** Along x, y and z. The original's rays meet a little more than the box across. */
const CONE_HALF: Vector3 = [0.708, 1.01, 0.704]
const CONE_BOTTOM = 0.7
const CONE_TIP = 0.06
const CONE_SIDES = 32
const LARGEST_SIZE = 100
/** A robot of the original starts this far above its own origin. */
const SPAWN_HEIGHT = 1

export interface RobotPlace {
  readonly pose: Pose
  readonly color: Vector3 | undefined
}

/** Where `foss_spawn` and `change_fossbot` put a robot: above the floor, onto which it falls. */
export function robotPlace(message: FossbotMessage): RobotPlace {
  const degrees = signedDegrees(numberOr(message, 'rotation', 0), message.counterclockwise === true)
  const z = SPAWN_HEIGHT + numberOr(message, 'pos_z', 0) - ORIGINAL_ORIGIN_Z
  return {
    pose: robotPose(numberOr(message, 'pos_x', 1), numberOr(message, 'pos_y', 1), z, degrees),
    color: colorNamed(textOf(message, 'color')),
  }
}

export function robotText(name: string, { pose, color }: RobotPlace): string {
  const paint = color ? ` color ${color.join(' ')}` : ''
  return `FOSSBot { ${place(pose)} name "${name}"${paint} controller "<none>" }`
}

/** The text of an obstacle that `obs_spawn` asks for, or why there is none. */
export function obstacleText(message: FossbotMessage, freeName: (name: string) => string): string | Error {
  const type = textOf(message, 'type')
  const x = numberOf(message, 'pos_x')
  const y = numberOf(message, 'pos_y')
  if (x === undefined || y === undefined) return new Error('obs_spawn needs numbers pos_x and pos_y')
  const z = numberOr(message, 'pos_z', 0)
  const color = colorNamed(textOf(message, 'color')) ?? [1, 1, 1]
  if (type === 'sphere') {
    const radius = sizeOf(message, 'radius')
    const at = { translation: [x, y, restingAt(1.8 * radius + z, radius)], rotation: [0, 0, 0, 1] } as const
    const ball = `Sphere { radius ${radius} subdivision 4 }`
    return solid(freeName('sphere'), at, color, ball, ball, SPHERE_MASS)
  }
  if (type !== 'cube' && type !== 'cone') return new Error(`obs_spawn knows cube, cone and sphere, not ${type}`)
  const scale: Vector3 = [sizeOf(message, 'scale_x'), sizeOf(message, 'scale_y'), sizeOf(message, 'scale_z')]
  const half = type === 'cube' ? scale : times(CONE_HALF, scale)
  const turn = typeof message.counterclockwise === 'boolean' ? numberOr(message, 'rotation', 0) : 0
  const angle = (signedDegrees(turn, message.counterclockwise === true) * Math.PI) / 180
  const pose = {
    translation: [x, y, restingAt(scale[2] + z, half[2])],
    rotation: quaternionFromAxisAngle([0, 0, 1, angle]),
  } as const
  const box = `Box { size ${half.map((part) => 2 * part).join(' ')} }`
  return type === 'cube'
    ? solid(freeName('cube'), pose, color, box, box, CUBE_MASS)
    : solid(freeName('cone'), pose, color, bluntCone(scale), box, CONE_MASS)
}

/** The original's heights ignore that its floor is a little above zero; nothing starts inside the floor here. */
function restingAt(height: number, half: number): number {
  const low = height - half
  return low < FLOOR_TOP && low > -FLOOR_TOP ? FLOOR_TOP + half : height
}

function sizeOf(message: FossbotMessage, name: string): number {
  const size = numberOr(message, name, 1)
  return size > 0 ? Math.min(Math.max(size, 0.01), LARGEST_SIZE) : 1
}

function solid(name: string, pose: Pose, color: Vector3, geometry: string, bounds: string, mass: number): string {
  return `Solid { ${place(pose)} name "${name}" contactMaterial "FOSSBot obstacle"
    children [ Shape { appearance PBRAppearance { baseColor ${color.join(' ')} roughness 0.5 metalness 0 } geometry ${geometry} } ]
    boundingObject ${bounds}
    physics Physics { density -1 mass ${mass} damping Damping { linear 0.1 angular 0.1 } }
  }`
}

function bluntCone(scale: Vector3): string {
  const ring = (radius: number, z: number) =>
    Array.from({ length: CONE_SIDES }, (_, i) => {
      const angle = (2 * Math.PI * i) / CONE_SIDES
      return times([radius * cosine(angle), radius * sine(angle), z], scale)
        .map((part) => Math.round(part * 1e4) / 1e4)
        .join(' ')
    })
  const points = [...ring(CONE_BOTTOM, -0.7), ...ring(CONE_TIP, 0.7)].join(', ')
  const sides = Array.from({ length: CONE_SIDES }, (_, i) => {
    const next = (i + 1) % CONE_SIDES
    return `${i} ${next} ${CONE_SIDES + next} ${CONE_SIDES + i} -1`
  })
  const round = Array.from({ length: CONE_SIDES }, (_, i) => i)
  const ends = `${[...round].reverse().join(' ')} -1, ${round.map((i) => CONE_SIDES + i).join(' ')} -1`
  return `IndexedFaceSet { creaseAngle 0.6 coord Coordinate { point [ ${points} ] } coordIndex [ ${sides.join(', ')}, ${ends} ] }`
}

function place({ translation, rotation }: Pose): string {
  return `translation ${translation.join(' ')} rotation ${axisAngleFromQuaternion(rotation).join(' ')}`
}

function times(a: Vector3, b: Vector3): Vector3 {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}
