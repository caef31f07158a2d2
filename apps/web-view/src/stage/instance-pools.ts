import { InstancedMesh, Mesh, type MeshStandardMaterial, type Object3D, type Texture } from 'three'

/** Fewer equal shapes than this are drawn one by one. */
const FEWEST = 6
/** The camera does not see this layer; whoever picks enables all layers. */
const POOLED_LAYER = 1

interface Pool {
  readonly drawn: InstancedMesh
  readonly members: readonly Mesh[]
}

/** Draws shapes of equal geometry and look in one call. The shapes themselves stay where they are, to be picked and moved. */
export class InstancePools {
  private pools: Pool[] = []
  private builtFor = -1

  /** Before each picture, when the world matrices are right. `changes` counts changes other than of poses. */
  update(root: Object3D, changes: number): void {
    if (this.builtFor !== changes) {
      this.clear()
      this.build(root)
      this.builtFor = changes
    }
    for (const pool of this.pools) place(pool)
  }

  clear(): void {
    for (const { drawn, members } of this.pools) {
      drawn.removeFromParent()
      drawn.dispose()
      for (const one of members) one.layers.set(0)
    }
    this.pools = []
    this.builtFor = -1
  }

  private build(root: Object3D): void {
    const equal = new Map<string, Mesh[]>()
    root.traverseVisible((one) => {
      const key = keyOf(one)
      if (key === undefined) return
      const list = equal.get(key)
      if (list) list.push(one as Mesh)
      else equal.set(key, [one as Mesh])
    })
    const scene = root.parent
    for (const members of equal.values()) {
      if (members.length < FEWEST || !scene) continue
      const [first] = members as [Mesh]
      const drawn = new InstancedMesh(first.geometry, first.material, members.length)
      drawn.castShadow = first.castShadow
      drawn.receiveShadow = first.receiveShadow
      drawn.frustumCulled = false
      drawn.raycast = () => undefined
      drawn.matrixAutoUpdate = false
      for (const one of members) one.layers.set(POOLED_LAYER)
      scene.add(drawn)
      this.pools.push({ drawn, members })
    }
  }
}

function place({ drawn, members }: Pool): void {
  const all = drawn.instanceMatrix.array
  let moved = false
  members.forEach((one, at) => {
    const { elements } = one.matrixWorld
    for (let k = 0; k < 16; k++) {
      const value = Math.fround(elements[k]!)
      if (all[at * 16 + k] === value) continue
      all[at * 16 + k] = value
      moved = true
    }
  })
  if (moved) drawn.instanceMatrix.needsUpdate = true
}

/** Equal keys look equal; undefined: not to be drawn together. */
function keyOf(object: Object3D): string | undefined {
  if (!(object instanceof Mesh) || object instanceof InstancedMesh || Array.isArray(object.material)) return undefined
  const material = object.material as MeshStandardMaterial
  // What one sees through is drawn from back to front.
  if (!material.isMeshStandardMaterial || material.transparent) return undefined
  const shape = (object.geometry.userData.key as string | undefined) ?? object.geometry.uuid
  return [
    shape,
    object.castShadow,
    object.receiveShadow,
    material.color.getHex(),
    material.emissive.getHex(),
    material.emissiveIntensity,
    material.roughness,
    material.metalness,
    material.envMapIntensity,
    material.alphaTest,
    material.side,
    material.normalScale.x,
    material.aoMapIntensity,
    ...[
      material.map,
      material.roughnessMap,
      material.metalnessMap,
      material.normalMap,
      material.aoMap,
      material.emissiveMap,
    ].map(pictureKey),
  ].join()
}

function pictureKey(texture: Texture | null): string {
  if (!texture) return ''
  const { source, offset, repeat, center, rotation, wrapS, wrapT } = texture
  return [source.uuid, offset.x, offset.y, repeat.x, repeat.y, center.x, center.y, rotation, wrapS, wrapT].join('/')
}
