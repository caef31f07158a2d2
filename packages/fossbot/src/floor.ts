import { nodeField, nodesField, numberField, numbersField, vectorField, vectorsField } from '@simyard/physics'
import { getString, getStrings, type Scene, type SceneNode } from '@simyard/scene'
import { isChangeableFloor, isFloor } from './model.js'

/** Heights along each side of a terrain. */
export const TERRAIN_SIDE = 100
const CELL = 1
const UV_PER_METRE = 0.2
const TERRAIN_ORIGIN = [-49, -50] as const

/** What can be changed about one floor. */
export interface FloorLook {
  readonly name: string
  /** Factors on 100 m along x and y. */
  readonly scale: readonly [number, number]
  readonly textureUrl: string
  /** A picture is stretched with the floor, tiles are not. */
  readonly texture:
    | { readonly type: 'picture'; readonly repeat: readonly [number, number] }
    | { readonly type: 'tiles'; readonly perMetre: readonly [number, number] }
  /** 0–1; multiplies the picture. */
  readonly color: readonly number[]
  /** Metres, in rows along x from the corner of least x and y; undefined for a flat floor. */
  readonly heights: readonly number[] | undefined
}

const FULL_SIZE = 100

/** The floors of a scene in its order: their places are the indexes that programs use. */
export function floorsOf(scene: Scene): readonly SceneNode[] {
  return scene.nodes.filter(isFloor)
}

/** Undefined for a floor of another PROTO, which cannot be changed. */
export function lookOf(floor: SceneNode): FloorLook | undefined {
  const [shape] = nodesField(floor, 'children')
  const appearance = shape && nodeField(shape, 'appearance')
  const geometry = shape && nodeField(shape, 'geometry')
  const texture = appearance && nodeField(appearance, 'baseColorMap')
  if (!isChangeableFloor(floor) || !appearance || !geometry || !texture) return undefined
  const common = {
    name: getString(floor, 'name'),
    textureUrl: getStrings(texture, 'url')[0] ?? '',
    color: vectorField(appearance, 'baseColor', [1, 1, 1]),
  }
  if (geometry.type === 'ElevationGrid') {
    const spacing = [numberField(geometry, 'xSpacing', CELL), numberField(geometry, 'ySpacing', CELL)] as const
    return {
      ...common,
      scale: [spacing[0] / CELL, spacing[1] / CELL],
      texture: { type: 'tiles', perMetre: [UV_PER_METRE, UV_PER_METRE] },
      heights: numbersField(geometry, 'height', []),
    }
  }
  const points = nodeField(geometry, 'coord')
  const uvs = nodeField(geometry, 'texCoord')
  const [[left = -50, low = -50] = []] = points ? vectorsField(points, 'point') : []
  const [, [endU = 1, endV = 1] = [], , [u0 = 0, v0 = 0] = []] = uvs ? vectorsField(uvs, 'point') : []
  const [u, v] = [endU - u0, endV - v0]
  const size = [-2 * left, -2 * low] as const
  const tiled = u === size[1] && v === size[0]
  return {
    ...common,
    scale: [size[0] / FULL_SIZE, size[1] / FULL_SIZE],
    texture: tiled ? { type: 'tiles', perMetre: [1, 1] } : { type: 'picture', repeat: [u, v] },
    heights: undefined,
  }
}

/** Root node text of a floor. */
export function floorText(look: FloorLook): string {
  const { name, scale, textureUrl, texture, color, heights } = look
  const paint = `name ${quoted(name)} textureUrl ${quoted(textureUrl)} color ${color.join(' ')}`
  if (heights) {
    const [x, y] = [TERRAIN_ORIGIN[0] * scale[0], TERRAIN_ORIGIN[1] * scale[1]]
    const repeat = scale.map((factor) => (TERRAIN_SIDE - 1) * CELL * factor * UV_PER_METRE)
    return `FOSSBotTerrain { translation ${x} ${y} 0.0265 ${paint} repeat ${repeat.join(' ')} xSpacing ${CELL * scale[0]} ySpacing ${CELL * scale[1]} heights [ ${heights.join(' ')} ] }`
  }
  const size = [FULL_SIZE * scale[0], FULL_SIZE * scale[1]] as const
  const repeat =
    texture.type === 'picture' ? texture.repeat : [size[1] * texture.perMetre[0], size[0] * texture.perMetre[1]]
  // Tiles are laid from the middle of the floor, a picture from its corner.
  const offset = texture.type === 'picture' ? [0, 0] : repeat.map((times) => times / 2)
  return `FOSSBotFloor { ${paint} size ${size.join(' ')} repeat ${repeat.join(' ')} offset ${offset.join(' ')} }`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
