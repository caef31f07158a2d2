import { extname } from 'node:path'
import { SimyardError } from '@simyard/protocol'

export const THUMBNAIL = 'thumbnail.jpg'
export const SCENE = 'scene.x3d'
export const ANIMATION = 'animation.json'
export const RECORDING = 'recording.simyard'

const textures: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.hdr', '.webp'])
const meshes: ReadonlySet<string> = new Set(['.obj', '.mtl', '.dae', '.stl'])

/** Pictures and meshes only: what is shown to others is nothing that a browser would run. */
export function checkAssetName(name: string, kind: 'texture' | 'mesh' | 'any'): void {
  const ending = extname(name).toLowerCase()
  if (kind !== 'mesh' && textures.has(ending)) return
  if (kind !== 'texture' && meshes.has(ending)) return
  const wanted = [...(kind === 'mesh' ? [] : textures), ...(kind === 'texture' ? [] : meshes)].join(', ')
  const message = `${JSON.stringify(name.slice(0, 120))} is not taken; its name has to end in ${wanted}.`
  throw new SimyardError('EXHIBIT_INVALID', message)
}

export function checkJpeg(start: Uint8Array): void {
  if (start[0] === 0xff && start[1] === 0xd8 && start[2] === 0xff) return
  throw new SimyardError('EXHIBIT_INVALID', `${THUMBNAIL} is no JPEG picture.`)
}
