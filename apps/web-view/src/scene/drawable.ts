import {
  type BufferGeometry,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Points,
  PointsMaterial,
} from 'three'
import { releaseTextures } from './appearance.js'
import { color } from './attribute.js'
import { lineTags, pointTags } from './geometry.js'

/** What a shape's geometry is drawn as. */
export function drawable(
  element: Element,
  geometry: BufferGeometry,
  material: MeshStandardMaterial,
  appearance: Element | undefined,
): Mesh | LineSegments | Points {
  if (lineTags.has(element.tagName) || pointTags.has(element.tagName)) {
    const source = appearance && [...appearance.children].find((one) => one.tagName === 'Material')
    const tint = source ? color(source, 'emissiveColor', [1, 1, 1]) : material.color
    return lineTags.has(element.tagName)
      ? new LineSegments(
          geometry,
          geometry.hasAttribute('color')
            ? new LineBasicMaterial({ vertexColors: true })
            : new LineBasicMaterial({ color: tint }),
        )
      : new Points(
          geometry,
          geometry.hasAttribute('color')
            ? new PointsMaterial({ size: 0.01, vertexColors: true })
            : new PointsMaterial({ size: 0.01, color: tint }),
        )
  }
  material.vertexColors = geometry.hasAttribute('color')
  const mesh = new Mesh(geometry, material)
  mesh.receiveShadow = true
  return mesh
}

/** Gives back what an object and all below it hold on the graphics card. */
export function release(root: Object3D): void {
  root.traverse((one) => {
    if (!(one instanceof Mesh || one instanceof LineSegments || one instanceof Points)) return
    one.geometry.dispose()
    for (const material of Array.isArray(one.material) ? one.material : [one.material]) {
      if (material instanceof MeshStandardMaterial) releaseTextures(material)
      material.dispose()
    }
  })
}
