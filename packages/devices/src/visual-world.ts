import {
  composePoses,
  cross,
  dot,
  invertPose,
  multiply,
  ORIGIN,
  type Pose,
  rotate,
  subtract,
  transformPoint,
  type Vector3,
} from '@simyard/geometry'
import {
  isFrame,
  isJoint,
  isSolid,
  nodeField,
  nodesField,
  numberField,
  numbersField,
  type PhysicsWorld,
  poseOf,
  scaleOf,
  vectorField,
} from '@simyard/physics'
import type { Diagnostic } from '@simyard/protocol'
import {
  childNodes,
  elevationGridMesh,
  faceSetMesh,
  getStrings,
  getVectors,
  type Scene,
  type SceneNode,
} from '@simyard/scene'
import { type Image, loadImage } from './images.js'
import { primitiveMesh, type SurfaceMesh } from './primitive-mesh.js'

/** How a shape looks, as far as sensors and cameras see it. Colours are 0–1. */
export interface Surface {
  readonly color: Vector3
  readonly emissive: Vector3
  /** Decodes it the first time. */
  readonly texture: (() => Image | undefined) | undefined
  readonly textureScale: readonly [number, number]
  readonly transparency: number
}

/** One Shape at a place that is fixed in its solid (or in the world, when `owner` is undefined). */
export interface VisualShape {
  readonly owner: SceneNode | undefined
  /** The root node that it is in. */
  readonly root: SceneNode
  readonly local: Pose
  readonly mesh: SurfaceMesh
  surface: Surface
  readonly appearance: SceneNode | undefined
  /** Radius around the local origin, metres. */
  readonly radius: number
}

/** Nodes whose fields say how a shape looks. */
const LOOKS = new Set(['Appearance', 'PBRAppearance', 'Material', 'ImageTexture', 'TextureTransform'])

/** Pictures that are in memory and wait to be used. */
export type PreparedImages = ReadonlyMap<string, () => Image | undefined>

/** Every visible shape of a scene as triangles, for camera pictures and for colours under infra-red rays. */
export class VisualWorld {
  readonly shapes: VisualShape[] = []
  readonly lights: SceneNode[] = []
  private readonly byOwner = new Map<number, VisualShape[]>()
  private readonly images = new Map<string, () => Image | undefined>()
  /** Those of the scene as it was loaded are kept: a reset cannot wait for files. */
  private atStart: ReadonlySet<string> = new Set()
  private readonly meshes = new Map<number, SurfaceMesh>()

  private constructor(
    private readonly scene: Scene,
    private readonly physics: PhysicsWorld,
  ) {}

  /** Loads the textures too. An image that cannot be read is a diagnostic of the scene, and its surface plain. */
  static async create(scene: Scene, physics: PhysicsWorld): Promise<VisualWorld> {
    const world = new VisualWorld(scene, physics)
    const images = await world.loadImages(scene.byId.values(), scene.diagnostics)
    world.atStart = new Set(images.keys())
    world.use(images)
    world.reset()
    return world
  }

  /** Reads the textures of some nodes that are not in memory; one that cannot be read is a diagnostic. */
  async loadImages(nodes: Iterable<SceneNode>, diagnostics: Diagnostic[]): Promise<PreparedImages> {
    const loaded = new Map<string, () => Image | undefined>()
    for (const node of nodes) {
      if (node.type !== 'ImageTexture') continue
      const [url] = getStrings(node, 'url')
      if (url === undefined || this.images.has(url) || loaded.has(url) || !isOurs(url)) continue
      try {
        loaded.set(url, await loadImage(url, this.scene.files))
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        diagnostics.push({ severity: 'warning', code: 'SCENE_FILE_MISSING', message, location: node.location })
      }
    }
    return loaded
  }

  /** Reads one picture anew, also one that is in memory: its file may have changed. Rejects with a SimyardError. */
  async loadImage(url: string | undefined): Promise<PreparedImages> {
    return new Map(url !== undefined && isOurs(url) ? [[url, await loadImage(url, this.scene.files)] as const] : [])
  }

  use(images: PreparedImages): void {
    for (const [url, image] of images) this.images.set(url, image)
  }

  /** The scene has got these roots; their images are in use already. */
  add(roots: readonly SceneNode[]): void {
    for (const root of roots) {
      this.collect(root, root, undefined, ORIGIN, [1, 1, 1])
      this.collectLights(root)
    }
  }

  /** These roots have left the scene; `ids` is what was in them. */
  remove(roots: readonly SceneNode[], ids: ReadonlySet<number>): void {
    const gone = new Set(roots)
    const kept = this.shapes.filter(({ root }) => !gone.has(root))
    this.shapes.splice(0, this.shapes.length, ...kept)
    const lights = this.lights.filter(({ id }) => !ids.has(id))
    this.lights.splice(0, this.lights.length, ...lights)
    for (const id of ids) {
      this.byOwner.delete(id)
      this.meshes.delete(id)
    }
    this.sweepImages()
  }

  /** A field that says how things look has another value. */
  repaint(node: SceneNode): void {
    if (!LOOKS.has(node.type)) return
    for (const shape of this.shapes) shape.surface = this.surfaceOf(shape.appearance)
    if (node.type === 'ImageTexture') this.sweepImages()
  }

  /** Looks at the whole scene anew. */
  reset(): void {
    this.shapes.length = 0
    this.lights.length = 0
    this.byOwner.clear()
    this.meshes.clear()
    this.add(this.scene.nodes)
    this.sweepImages()
  }

  /** The sky's colour (0–1) and the factor on all light that comes from sky and sun: Background.luminosity. */
  get sky(): { readonly color: Vector3; readonly luminosity: number } {
    const node = this.scene.nodes.find(({ type }) => type === 'Background')
    if (!node) return { color: [0, 0, 0], luminosity: 1 }
    const [[r = 0, g = 0, b = 0] = []] = getVectors(node, 'skyColor')
    return { color: [r, g, b], luminosity: Math.max(0, numberField(node, 'luminosity', 1)) }
  }

  poseOf(shape: VisualShape): Pose {
    const owner = shape.owner && this.physics.worldPose(shape.owner.id)
    return owner ? composePoses(owner, shape.local) : shape.local
  }

  /**
   * The colour that a ray meets first on the shapes of a solid, within 1 cm of the distance at which it met the solid's
   * bounds; white when there is none. World frame, metres.
   */
  colorAt(solid: SceneNode, origin: Vector3, direction: Vector3, distance: number): Vector3 {
    let best = distance + 0.01
    let color: Vector3 = [1, 1, 1]
    for (const shape of this.byOwner.get(solid.id) ?? []) {
      const inverse = invertPose(this.poseOf(shape))
      const hit = firstHit(shape.mesh, transformPoint(inverse, origin), rotate(inverse.rotation, direction), best)
      if (!hit) continue
      best = hit.distance
      color = surfaceColor(shape.surface, hit.u, hit.v)
    }
    return color
  }

  private sweepImages(): void {
    const used = new Set(this.atStart)
    for (const node of this.scene.byId.values()) {
      if (node.type === 'ImageTexture') for (const url of getStrings(node, 'url')) used.add(url)
    }
    for (const url of this.images.keys()) if (!used.has(url)) this.images.delete(url)
  }

  private collectLights(node: SceneNode): void {
    if (node.type.endsWith('Light')) this.lights.push(node)
    for (const child of childNodes(node)) this.collectLights(child)
  }

  private collect(node: SceneNode, root: SceneNode, owner: SceneNode | undefined, local: Pose, scale: Vector3): void {
    if (isJoint(node) || node.type === 'Slot') {
      for (const end of nodesField(node, 'endPoint')) this.collect(end, root, owner, local, scale)
      return
    }
    if (node.type === 'Shape') {
      this.addShape(node, root, owner, local, scale)
      return
    }
    if (!isFrame(node) && node.type !== 'Group') return
    const own = poseOf(node)
    const solid = isSolid(node)
    const place = solid
      ? ORIGIN
      : composePoses(local, { translation: multiply(own.translation, scale), rotation: own.rotation })
    const inner = multiply(scale, scaleOf(node))
    for (const child of nodesField(node, 'children')) this.collect(child, root, solid ? node : owner, place, inner)
  }

  private addShape(node: SceneNode, root: SceneNode, owner: SceneNode | undefined, local: Pose, scale: Vector3): void {
    const geometry = nodeField(node, 'geometry')
    const mesh = geometry && this.meshOf(geometry, scale)
    if (!mesh || mesh.indices.length === 0) return
    const appearance = nodeField(node, 'appearance')
    let radius = 0
    for (let i = 0; i < mesh.positions.length; i += 3) {
      const point: Vector3 = [mesh.positions[i] ?? 0, mesh.positions[i + 1] ?? 0, mesh.positions[i + 2] ?? 0]
      radius = Math.max(radius, Math.sqrt(dot(point, point)))
    }
    const shape = { owner, root, local, mesh, surface: this.surfaceOf(appearance), appearance, radius }
    this.shapes.push(shape)
    if (!owner) return
    const list = this.byOwner.get(owner.id) ?? []
    list.push(shape)
    this.byOwner.set(owner.id, list)
  }

  private meshOf(geometry: SceneNode, scale: Vector3): SurfaceMesh | undefined {
    const known = this.meshes.get(geometry.id)
    const mesh = known ?? this.makeMesh(geometry)
    if (!mesh) return undefined
    this.meshes.set(geometry.id, mesh)
    if (scale[0] === 1 && scale[1] === 1 && scale[2] === 1) return mesh
    return { ...mesh, positions: mesh.positions.map((value, i) => value * (scale[i % 3] ?? 1)) }
  }

  private makeMesh(geometry: SceneNode): SurfaceMesh | undefined {
    if (geometry.type === 'IndexedFaceSet') return faceSetMesh(geometry)
    if (geometry.type === 'ElevationGrid') return elevationGridMesh(geometry)
    if (geometry.type === 'Mesh') return this.scene.meshes.get(getStrings(geometry, 'url')[0] ?? '')
    return primitiveMesh(geometry)
  }

  private surfaceOf(appearance: SceneNode | undefined): Surface {
    const material = appearance && nodeField(appearance, 'material')
    const physical = appearance?.type === 'PBRAppearance'
    const map = appearance && nodeField(appearance, physical ? 'baseColorMap' : 'texture')
    const transform = appearance && nodeField(appearance, 'textureTransform')
    const [sx = 1, sy = 1] = transform ? numbersField(transform, 'scale', [1, 1]) : [1, 1]
    const url = map && getStrings(map, 'url')[0]
    const texture = url === undefined ? undefined : this.images.get(url)
    const color: Vector3 = physical
      ? vectorField(appearance, 'baseColor', [1, 1, 1])
      : material
        ? texture
          ? [1, 1, 1]
          : vectorField(material, 'diffuseColor', [0.8, 0.8, 0.8])
        : [1, 1, 1]
    const light = physical ? appearance : material
    return {
      color,
      emissive: light ? vectorField(light, 'emissiveColor', [0, 0, 0]) : [0, 0, 0],
      texture,
      textureScale: [sx, sy],
      transparency: light ? numberField(light, 'transparency', 0) : 0,
    }
  }
}

const isOurs = (url: string): boolean => /^(project|asset):/.test(url)

export function surfaceColor(surface: Surface, u: number, v: number): Vector3 {
  const { color } = surface
  const texture = surface.texture?.()
  if (!texture) return color
  const s = u * surface.textureScale[0]
  const t = v * surface.textureScale[1]
  const x = Math.min(Math.floor((s - Math.floor(s)) * texture.width), texture.width - 1)
  const y = Math.min(Math.floor((1 - (t - Math.floor(t))) * texture.height), texture.height - 1)
  const at = 4 * (y * texture.width + x)
  return [
    ((texture.rgba[at] ?? 0) / 255) * color[0],
    ((texture.rgba[at + 1] ?? 0) / 255) * color[1],
    ((texture.rgba[at + 2] ?? 0) / 255) * color[2],
  ]
}

/** Nearest triangle that a ray meets, from either side (Möller and Trumbore). */
function firstHit(
  mesh: SurfaceMesh,
  origin: Vector3,
  direction: Vector3,
  limit: number,
): { distance: number; u: number; v: number } | undefined {
  let best: { distance: number; u: number; v: number } | undefined
  let nearest = limit
  const { positions, indices, uvs } = mesh
  const vertex = (i: number): Vector3 => [positions[3 * i] ?? 0, positions[3 * i + 1] ?? 0, positions[3 * i + 2] ?? 0]
  for (let i = 0; i + 2 < indices.length; i += 3) {
    const [ia, ib, ic] = [indices[i] ?? 0, indices[i + 1] ?? 0, indices[i + 2] ?? 0]
    const a = vertex(ia)
    const ab = subtract(vertex(ib), a)
    const ac = subtract(vertex(ic), a)
    const p = cross(direction, ac)
    const determinant = dot(ab, p)
    if (Math.abs(determinant) < 1e-14) continue
    const s = subtract(origin, a)
    const b = dot(s, p) / determinant
    if (b < -1e-9 || b > 1 + 1e-9) continue
    const q = cross(s, ab)
    const c = dot(direction, q) / determinant
    if (c < -1e-9 || b + c > 1 + 1e-9) continue
    const distance = dot(ac, q) / determinant
    if (distance < 0 || distance >= nearest) continue
    nearest = distance
    const mix = (k: 0 | 1): number =>
      uvs ? (1 - b - c) * (uvs[2 * ia + k] ?? 0) + b * (uvs[2 * ib + k] ?? 0) + c * (uvs[2 * ic + k] ?? 0) : 0
    best = { distance, u: mix(0), v: mix(1) }
  }
  return best
}
