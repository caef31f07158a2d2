import {
  ClampToEdgeWrapping,
  type Color,
  FrontSide,
  type Material,
  MeshStandardMaterial,
  NearestFilter,
  NoColorSpace,
  RepeatWrapping,
  SRGBColorSpace,
  type Texture,
} from 'three'
import { boolean, color, number, pair, type Resolve } from './attribute.js'
import type { TextureCache } from './texture-cache.js'

const mapOfRole: Record<string, 'map' | 'roughnessMap' | 'metalnessMap' | 'normalMap' | 'aoMap' | 'emissiveMap'> = {
  baseColor: 'map',
  roughness: 'roughnessMap',
  metalness: 'metalnessMap',
  normal: 'normalMap',
  occlusion: 'aoMap',
  emissiveColor: 'emissiveMap',
}

/** What the scene's language gives a shape without an appearance. */
export function plainMaterial(): MeshStandardMaterial {
  return new MeshStandardMaterial({ color: 0xcccccc, roughness: 0.8, metalness: 0 })
}

/** Sets every property again from the element's attributes: used to make a material and to apply updates. */
export function applyAppearance(
  material: MeshStandardMaterial,
  appearance: Element,
  resolve: Resolve,
  textures: TextureCache,
): void {
  if (appearance.tagName === 'PBRAppearance') applyPbr(material, appearance)
  else applyPhong(material, childOf(appearance, 'Material', resolve))
  const transform = childOf(appearance, 'TextureTransform', resolve)
  for (const child of appearance.children) {
    if (child.tagName !== 'ImageTexture') continue
    const role = (child.getAttribute('role') ?? child.getAttribute('type') ?? 'baseColor').replace(/Map$/, '')
    const slot = mapOfRole[role] ?? 'map'
    const source = resolve(child)
    const isColor = slot === 'map' || slot === 'emissiveMap'
    textures.load(source, isColor ? SRGBColorSpace : NoColorSpace, (texture) => {
      if (texture) configure(texture, source, transform)
      material[slot]?.dispose()
      material[slot] = texture ?? null
      // Cut-out pictures (logos, leaves) need no sorting; others have no pixels below the threshold.
      if (slot === 'map') {
        const soft = texture !== undefined && boolean(source, 'isTransparent', false)
        material.alphaTest = texture ? (soft ? 0.02 : 0.5 * material.opacity) : 0
        if (soft) setTransparent(material, true)
      }
      material.needsUpdate = true
    })
  }
  material.needsUpdate = true
}

export function releaseTextures(material: MeshStandardMaterial): void {
  for (const slot of Object.values(mapOfRole)) material[slot]?.dispose()
}

function applyPbr(material: MeshStandardMaterial, element: Element): void {
  material.color.copy(color(element, 'baseColor', [1, 1, 1]))
  material.roughness = number(element, 'roughness', 0)
  material.metalness = number(element, 'metalness', 1)
  material.envMapIntensity = number(element, 'IBLStrength', 1)
  material.aoMapIntensity = number(element, 'occlusionMapStrength', 1)
  const factor = number(element, 'normalMapFactor', 1)
  material.normalScale.set(factor, factor)
  emissive(material, color(element, 'emissiveColor', [0, 0, 0]), number(element, 'emissiveIntensity', 1))
  opacity(material, number(element, 'transparency', 0))
}

/** The older material in terms of the newer: shininess becomes smoothness. */
function applyPhong(material: MeshStandardMaterial, element: Element | undefined): void {
  material.metalness = 0
  if (!element) {
    material.color.set(1, 1, 1)
    material.roughness = 0.8
    return
  }
  material.color.copy(color(element, 'diffuseColor', [0.8, 0.8, 0.8]))
  const specular = color(element, 'specularColor', [0, 0, 0])
  const shine = Math.max(specular.r, specular.g, specular.b) * number(element, 'shininess', 0.2)
  material.roughness = 0.9 - 0.6 * Math.min(shine, 1)
  emissive(material, color(element, 'emissiveColor', [0, 0, 0]), 1)
  opacity(material, number(element, 'transparency', 0))
}

function emissive(material: MeshStandardMaterial, value: Color, intensity: number): void {
  material.emissive.copy(value)
  material.emissiveIntensity = intensity
}

function opacity(material: MeshStandardMaterial, transparency: number): void {
  material.opacity = 1 - transparency
  setTransparent(material, transparency > 0)
}

function setTransparent(material: Material, transparent: boolean): void {
  material.transparent = transparent
  material.depthWrite = !transparent
  material.side = FrontSide
}

function configure(texture: Texture, source: Element, transform: Element | undefined): void {
  texture.wrapS = boolean(source, 'repeatS', true) ? RepeatWrapping : ClampToEdgeWrapping
  texture.wrapT = boolean(source, 'repeatT', true) ? RepeatWrapping : ClampToEdgeWrapping
  // 0: one sees the pixels; 4 is the language's own choice.
  const filtering = number(source, 'filtering', 4)
  texture.anisotropy = filtering >= 4 ? 8 : 1 << Math.max(filtering - 1, 0)
  if (filtering === 0) {
    texture.magFilter = NearestFilter
    texture.minFilter = NearestFilter
  }
  if (!transform) return
  const [sx, sy] = pair(transform, 'scale', [1, 1])
  const [tx, ty] = pair(transform, 'translation', [0, 0])
  const [cx, cy] = pair(transform, 'center', [0, 0])
  texture.center.set(cx, cy)
  texture.repeat.set(sx, sy)
  texture.rotation = number(transform, 'rotation', 0)
  texture.offset.set(tx * sx, ty * sy)
}

function childOf(element: Element, tag: string, resolve: Resolve): Element | undefined {
  const child = [...element.children].find((one) => one.tagName === tag)
  return child && resolve(child)
}
