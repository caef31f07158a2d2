import { rotate } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { Supervisor, ViewFrom } from '@simyard/simulation'
import { opticsOf } from './model.js'

/** Metres: a floor sensor sees no further, the light sensor to the end of the world. */
const FLOOR_FAR = 3
const LIGHT_FAR = 300

/** 0 (black) to 1 (white) of the spot behind a floor sensor, in the light that there is. */
export function floorBrightness(supervisor: Supervisor, camera: SceneNode): number {
  const pose = supervisor.physics.worldPose(camera.id)
  return pose ? meanBrightness(supervisor, { ...opticsOf(camera), pose, far: FLOOR_FAR }) : 0
}

/** 0 to 1 of what is level ahead of the light sensor, however the robot leans. */
export function lightAhead(supervisor: Supervisor, camera: SceneNode): number {
  const pose = supervisor.physics.worldPose(camera.id)
  if (!pose) return 0
  const [x, y] = rotate(pose.rotation, [1, 0, 0])
  const half = Math.atan2(y, x) / 2
  const level = { translation: pose.translation, rotation: [0, 0, Math.sin(half), Math.cos(half)] } as const
  return meanBrightness(supervisor, { ...opticsOf(camera), pose: level, far: LIGHT_FAR })
}

/** Mean over all pixels of the strongest of red, green and blue. */
function meanBrightness(supervisor: Supervisor, view: ViewFrom): number {
  const { bgra, width, height } = supervisor.picture(view)
  let sum = 0
  for (let i = 0; i < bgra.length; i += 4) sum += Math.max(bgra[i] ?? 0, bgra[i + 1] ?? 0, bgra[i + 2] ?? 0)
  return sum / (255 * width * height)
}
