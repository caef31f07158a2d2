import { length, scale, type Vector3 } from '@simyard/geometry'
import { SimyardError } from '@simyard/protocol'
import { faceSetMesh, getStrings, type SceneNode } from '@simyard/scene'
import { contactRules } from './contact-materials.js'
import { EditableWorld } from './editable-world.js'
import { type EngineOptions, loadPhysicsEngine } from './engine.js'
import { numberField, numbersField, stringField } from './fields.js'
import { writeMjcf } from './mjcf.js'
import { buildModel, type PhysicsModel } from './model.js'
import { dampingOf, MujocoWorld } from './mujoco-world.js'
import type { PhysicsWorld } from './physics-world.js'
import type { Triangles } from './shapes.js'

/** What of a scene the physics needs. */
export interface PhysicsScene {
  readonly nodes: readonly SceneNode[]
  /** Meshes of Mesh nodes by URL; also those of nodes that come later. */
  readonly meshes?: ReadonlyMap<string, Triangles>
}

const STANDARD_GRAVITY = 9.81
const LONGEST_INNER_STEP_MS = 2

/**
 * A world of rigid bodies from a scene. Throws SimyardError PHYSICS_MODEL_REJECTED, naming the node, when the engine
 * does not accept the model.
 */
export async function createPhysicsWorld(scene: PhysicsScene, options: EngineOptions = {}): Promise<PhysicsWorld> {
  const engine = await loadPhysicsEngine(options)
  const worldInfo = scene.nodes.find((root) => root.type === 'WorldInfo')
  const gravity = gravityOf(worldInfo)
  const strength = length(gravity)
  const up: Vector3 = strength === 0 ? upOf(worldInfo) : scale(gravity, -1 / strength)
  const basicMs = worldInfo ? numberField(worldInfo, 'basicTimeStep', 32) : 32
  const innerStepSeconds = basicMs / Math.max(1, Math.ceil(basicMs / LONGEST_INNER_STEP_MS - 1e-9)) / 1000
  const rules = contactRules(worldInfo)
  return new EditableWorld(scene.nodes, (roots) => {
    const model = buildModel(roots, { up, trianglesOf: (geometry) => trianglesOf(geometry, scene.meshes) })
    checkShapes(model)
    const mjcf = writeMjcf(model, { gravity, innerStepSeconds, contactRules: rules })
    const damping = (solid: SceneNode) => dampingOf(solid, worldInfo)
    const options = { engine, model, mjcf, gravity, up, innerStepSeconds, damping }
    return () => {
      checkRefusals()
      try {
        return new MujocoWorld(options)
      } catch (error) {
        refusals++
        throw rejected(error, roots, mjcf.geoms)
      }
    }
  })
}

/**
 * Each refusal by the engine costs it some 1.6 kB of its stack of 5 MB, which it never gets back. Most are found before
 * (`checkShapes`); this many of the others are let pass.
 */
const MOST_REFUSALS = 1000
let refusals = 0

function checkRefusals(): void {
  if (refusals < MOST_REFUSALS) return
  throw new SimyardError(
    'PHYSICS_MODEL_REJECTED',
    `The physics engine has refused ${MOST_REFUSALS} models here and takes no more; start the simulation anew.`,
  )
}

/** What the engine would refuse most often. */
function checkShapes(model: PhysicsModel): void {
  for (const { geoms } of model.bodies) {
    for (const { shape, pose, solid } of geoms) {
      const { form } = shape
      const sizes =
        form.type === 'box' ? form.half : 'radius' in form ? [form.radius, 'height' in form ? form.height : 1] : []
      const wrong = [...sizes, ...pose.translation, ...pose.rotation].find((value) => !Number.isFinite(value))
      if (wrong !== undefined) throw refused(solid, `its size or place has a ${wrong} in it`)
    }
  }
}

function trianglesOf(geometry: SceneNode, meshes: PhysicsScene['meshes']): Triangles | undefined {
  if (geometry.type === 'IndexedFaceSet') return faceSetMesh(geometry)
  const [url] = geometry.type === 'Mesh' ? getStrings(geometry, 'url') : []
  return url === undefined ? undefined : meshes?.get(url)
}

/** WorldInfo.gravity: a number along the world's down axis, or (before R2022a) the vector itself; m/s². */
function gravityOf(worldInfo: SceneNode | undefined): Vector3 {
  const value = worldInfo?.fields.get('gravity')
  if (Array.isArray(value) && worldInfo) {
    const [x = 0, y = 0, z = 0] = numbersField(worldInfo, 'gravity', [])
    return [x, y, z]
  }
  return scale(upOf(worldInfo), -(typeof value === 'number' ? value : STANDARD_GRAVITY))
}

function upOf(worldInfo: SceneNode | undefined): Vector3 {
  const system = worldInfo ? stringField(worldInfo, 'coordinateSystem', 'ENU') : 'ENU'
  return system === 'NUE' || system === 'EUN' ? [0, 1, 0] : [0, 0, 1]
}

function rejected(
  error: unknown,
  roots: readonly SceneNode[],
  geoms: readonly { readonly geom: { readonly solid: SceneNode } }[],
): SimyardError {
  const text = error instanceof Error ? error.message : String(error)
  const [, kind, id] = /\b([bjfxhg])(\d+)(?:_\d)?\b/.exec(text) ?? []
  const number = Number(id)
  const node = kind && 'xhg'.includes(kind) ? geoms[number]?.geom.solid : id ? findNode(roots, number) : undefined
  const reason =
    text
      .replace(/^MuJoCo Error:\s*/, '')
      .trim()
      .split('\n')[0] ?? text
  return refused(node, reason, error)
}

function refused(node: SceneNode | undefined, reason: string, cause?: unknown): SimyardError {
  const who = node
    ? `${node.type} "${stringField(node, 'name', node.def ?? '')}" (${node.location.file}:${node.location.line})`
    : 'The world'
  return new SimyardError(
    'PHYSICS_MODEL_REJECTED',
    `${who} cannot be simulated: ${reason}. Check its masses, sizes and boundingObject.`,
    { cause, ...(node ? { location: node.location } : {}) },
  )
}

function findNode(nodes: readonly SceneNode[], id: number): SceneNode | undefined {
  const waiting = [...nodes]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.id === id) return node
    for (const value of node.fields.values()) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (typeof item === 'object' && item !== null && 'fields' in item) waiting.push(item)
      }
    }
  }
  return undefined
}
