import type { NodeUpdate } from '@simyard/protocol'
import {
  Group,
  type Light,
  type Material,
  Mesh,
  type MeshStandardMaterial,
  type Object3D,
  type Quaternion,
  type Vector3,
} from 'three'
import { applyAppearance, plainMaterial } from './appearance.js'
import type { AssetBase } from './asset-url.js'
import { attributeText, boolean, rotation, vector } from './attribute.js'
import { drawable, release } from './drawable.js'
import { makeGeometry, meshTags, type PrimitiveAxes } from './geometry.js'
import { applyLight, lightTags, makeLight } from './light.js'
import { loadMeshFile } from './mesh-file.js'
import { isDrawn, isSolid, primitiveAxes, settingTags } from './node-kind.js'
import { TextureCache } from './texture-cache.js'
import { viewpointOrientation } from './world-frame.js'
import { parseXml } from './xml.js'

/** Draws one node again after its attributes changed, as long as the object is there. */
interface Redraw {
  readonly object: Object3D
  readonly draw: () => void
}

export interface SceneGraphEvents {
  /** Something that is on the screen has changed. */
  onChange(): void
  /** Viewpoint, Background, Fog or WorldInfo has changed. */
  onSetting(element: Element): void
}

/** A node that was taken out, so that it can be put back. */
export interface RemovedNode {
  readonly parentId: string
  readonly xml: string
}

/** The scene's XML as three.js objects: nodes come and go, fields change, and poses are what they are told to be. */
export class SceneGraph {
  readonly root = new Group()
  private readonly elements = new Map<string, Element>()
  private readonly poses = new Map<string, Object3D[]>()
  private readonly redraws = new Map<string, Redraw[]>()
  private readonly objects = new Map<string, Object3D[]>()
  /** Parents of the nodes that came later. */
  private readonly parents = new Map<string, string>()
  private readonly textures: TextureCache
  private readonly billboards = new Set<Object3D>()
  private axes: PrimitiveAxes = 'z'
  /** Counts changes that are not only of poses. */
  shapeChanges = 0

  constructor(
    readonly assetBase: AssetBase,
    private readonly events: SceneGraphEvents,
  ) {
    this.textures = new TextureCache(assetBase, () => this.shapeChanged())
  }

  /** Whether round shapes stand along y and planes lie in xz, as before R2022a. */
  get older(): boolean {
    return this.axes === 'y'
  }

  /** Throws when the text is not a scene. Returns the nodes that set up the picture. */
  load(xml: string): Element[] {
    const scene = parseXml(xml, 'Scene')
    this.axes = primitiveAxes(scene)
    this.index(scene)
    for (const child of scene.children) this.add(child, this.root)
    return [...scene.children].filter((child) => settingTags.has(child.tagName))
  }

  /** Returns the ids of what came. */
  insert(parentId: string, xml: string): string[] {
    const nodes = parseXml(xml.startsWith('<nodes') || xml.startsWith('<?xml') ? xml : `<nodes>${xml}</nodes>`, 'nodes')
    this.index(nodes)
    const parents = parentId === 'n0' ? [this.root] : (this.objects.get(parentId) ?? [])
    for (const parent of parents) for (const child of nodes.children) this.add(child, parent)
    for (const child of nodes.children) if (settingTags.has(child.tagName)) this.events.onSetting(child)
    this.shapeChanged()
    const ids = [...nodes.children].flatMap((child) => child.getAttribute('id') ?? [])
    for (const id of ids) this.parents.set(id, parentId)
    return ids
  }

  /** Returns what it takes to put it back, unless there was no such node. */
  remove(id: string): RemovedNode | undefined {
    const removed = this.written(id)
    const gone = new Set<Object3D>()
    for (const object of this.objects.get(id) ?? []) {
      object.removeFromParent()
      release(object)
      object.traverse((one) => gone.add(one))
    }
    // A node that others USE lives on in them.
    for (const map of [this.poses, this.objects]) keep(map, (object) => !gone.has(object))
    keep(this.redraws, ({ object }) => !gone.has(object))
    const element = this.elements.get(id)
    for (const one of element ? [element, ...element.querySelectorAll('[id]')] : []) {
      const name = one.getAttribute('id') ?? ''
      if (!this.redraws.has(name) && !this.objects.has(name)) this.elements.delete(name)
    }
    this.parents.delete(id)
    if (element?.parentElement?.hasAttribute('id')) element.remove()
    for (const one of this.billboards) if (gone.has(one)) this.billboards.delete(one)
    this.shapeChanged()
    return removed
  }

  private written(id: string): RemovedNode | undefined {
    const element = this.elements.get(id)
    if (!element) return undefined
    const parentId = this.parents.get(id) ?? element.parentElement?.getAttribute('id') ?? 'n0'
    return { parentId, xml: new XMLSerializer().serializeToString(element) }
  }

  /** New values of fields that are no poses. */
  apply(changes: readonly NodeUpdate[]): void {
    for (const change of changes) this.applyFields(change)
    if (changes.length > 0) this.events.onChange()
  }

  /** Puts a node where it is now, in its parent's frame. */
  place(id: string, translation: readonly number[] | undefined, quaternion: readonly number[] | undefined): void {
    for (const object of this.poses.get(id) ?? []) {
      if (translation) object.position.fromArray(translation)
      if (quaternion) object.quaternion.fromArray(quaternion)
      object.updateMatrix()
    }
  }

  /** Where the scene's text puts a node. */
  basePose(id: string): { readonly translation: Vector3; readonly rotation: Quaternion } | undefined {
    const element = this.elements.get(id)
    if (!element || !this.poses.has(id)) return undefined
    return { translation: vector(element, 'translation', [0, 0, 0]), rotation: rotation(element, 'rotation') }
  }

  fieldOf(id: string, field: string): string | undefined {
    return this.elements.get(id)?.getAttribute(field) ?? undefined
  }

  objectOf(id: string): Object3D | undefined {
    return this.objects.get(id)?.[0]
  }

  /** Turns billboards to a camera; its orientation is in the renderer's axes. */
  faceCamera(camera: Quaternion): void {
    const system = this.root.quaternion.w === 1 ? 'NUE' : 'ENU'
    for (const one of this.billboards) {
      one.parent?.getWorldQuaternion(one.quaternion)
      one.quaternion.invert().multiply(viewpointOrientation(camera, system))
      one.updateMatrix()
    }
  }

  materials(): Set<Material> {
    const found = new Set<Material>()
    this.root.traverse((one) => {
      if (one instanceof Mesh) for (const material of [one.material].flat() as Material[]) found.add(material)
    })
    return found
  }

  dispose(): void {
    this.textures.dispose()
    release(this.root)
    this.root.removeFromParent()
  }

  private applyFields(change: NodeUpdate): void {
    const id = `n${change.id}`
    const element = this.elements.get(id)
    if (!element) return
    for (const [field, value] of Object.entries(change)) {
      if (field !== 'id') element.setAttribute(field, attributeText(value))
    }
    this.redraw(id, element)
  }

  private redraw(id: string, element: Element): void {
    if (settingTags.has(element.tagName)) this.events.onSetting(element)
    for (const { draw } of this.redraws.get(id) ?? []) draw()
    this.shapeChanges++
  }

  private shapeChanged(): void {
    this.shapeChanges++
    this.events.onChange()
  }

  private index(root: Element): void {
    for (const element of root.querySelectorAll('[id]')) this.elements.set(element.getAttribute('id')!, element)
  }

  private readonly resolve = (element: Element): Element => {
    const use = element.getAttribute('USE')
    return (use !== null && (this.elements.get(use) ?? this.elements.get(`n${use}`))) || element
  }

  private add(given: Element, parent: Object3D): void {
    if (!isDrawn(given)) return
    const element = this.resolve(given)
    const object = lightTags.has(element.tagName)
      ? this.light(element, parent)
      : element.tagName === 'Shape'
        ? this.shape(element)
        : this.group(element)
    remember(this.objects, given.getAttribute('id'), object)
    if (element !== given) remember(this.objects, element.getAttribute('id'), object)
    parent.add(object)
  }

  private group(element: Element): Object3D {
    const group = new Group()
    group.name = element.getAttribute('name') ?? ''
    group.userData.tag = element.tagName
    group.userData.nodeId = element.getAttribute('id')
    group.userData.element = element
    group.userData.solid = isSolid(element)
    if (element.tagName === 'Billboard') this.billboards.add(group)
    if (element.tagName === 'Robot' || element.getAttribute('type') === 'robot')
      group.userData.robot = group.name || 'robot'
    group.position.copy(vector(element, 'translation', [0, 0, 0]))
    rotation(element, 'rotation', group.quaternion)
    // Matrices are made anew where something has moved, not everywhere in each picture.
    group.matrixAutoUpdate = false
    const applyScale = () => {
      group.scale.copy(vector(element, 'scale', [1, 1, 1]))
      group.updateMatrix()
    }
    applyScale()
    remember(this.poses, element.getAttribute('id'), group)
    remember(this.redraws, element.getAttribute('id'), { object: group, draw: applyScale })
    for (const child of element.children) this.add(child, group)
    return group
  }

  private light(element: Element, parent: Object3D): Light {
    const light = makeLight(element)
    parent.add(light)
    applyLight(light, element)
    if ('target' in light) parent.add(light.target as Object3D)
    remember(this.redraws, element.getAttribute('id'), { object: light, draw: () => applyLight(light, element) })
    return light
  }

  private shape(element: Element): Object3D {
    const holder = new Group()
    holder.matrixAutoUpdate = false
    holder.userData.pickable = boolean(element, 'isPickable', true)
    const children = [...element.children].map(this.resolve)
    const appearance =
      children.find((child) => child.tagName === 'PBRAppearance') ??
      children.find((child) => child.tagName === 'Appearance')
    const material = plainMaterial()
    if (appearance) {
      const paint = () => applyAppearance(material, appearance, this.resolve, this.textures)
      paint()
      for (const one of [appearance, ...[...appearance.children].map(this.resolve)]) {
        remember(this.redraws, one.getAttribute('id'), { object: holder, draw: paint })
      }
    }
    const shadows = () => {
      const cast = boolean(element, 'castShadows', true)
      holder.traverse((one) => {
        one.castShadow = cast
      })
    }
    for (const child of children) this.geometry(child, holder, material, appearance)
    shadows()
    remember(this.redraws, element.getAttribute('id'), { object: holder, draw: shadows })
    return holder
  }

  private geometry(
    element: Element,
    holder: Group,
    material: MeshStandardMaterial,
    appearance: Element | undefined,
  ): void {
    if (meshTags.has(element.tagName)) {
      loadMeshFile(element, this.assetBase, material)
        .then((object) => {
          holder.add(object)
          this.shapeChanged()
        })
        .catch((error: unknown) => console.warn('simyard-view: a mesh is missing:', error))
      return
    }
    const made = makeGeometry(element, this.resolve, this.axes)
    if (!made) return
    const drawn = drawable(element, made, material, appearance)
    drawn.matrixAutoUpdate = false
    holder.add(drawn)
    const rebuild = () => {
      const next = makeGeometry(element, this.resolve, this.axes)
      if (!next) return
      drawn.geometry.dispose()
      drawn.geometry = next
    }
    for (const one of [element, ...[...element.children].map(this.resolve)]) {
      remember(this.redraws, one.getAttribute('id'), { object: holder, draw: rebuild })
    }
  }
}

function remember<T>(map: Map<string, T[]>, id: string | null, value: T): void {
  if (id === null) return
  const list = map.get(id)
  if (list) list.push(value)
  else map.set(id, [value])
}

/** Leaves in each list what is still there, and no empty lists. */
function keep<T>(map: Map<string, T[]>, stays: (value: T) => boolean): void {
  for (const [id, list] of map) {
    const left = list.filter(stays)
    if (left.length === 0) map.delete(id)
    else if (left.length < list.length) map.set(id, left)
  }
}
