import {
  type AxisAngle,
  axisAngleFromQuaternion,
  multiplyQuaternions,
  type Quaternion,
  quaternionFromAxisAngle,
  quaternionFromMatrix,
  rotate,
  type Vector3,
} from '@simyard/geometry'
import { elevationGridMesh } from '../mesh/elevation-grid.js'
import type { TriangleMesh } from '../mesh/triangle-mesh.js'
import { isNode, type SceneNode } from '../node.js'
import {
  getBool,
  getField,
  getNode,
  getNodes,
  getNumber,
  getRotation,
  getString,
  getStrings,
  getVec3,
} from '../readers.js'
import { isGroup, isSolid, nodeSpec } from '../spec/nodes.js'
import { attribute, formatNumber, formatNumbers, formatStrings, formatValue } from './attribute.js'
import { attributesOf, INSIDE, PLAIN_GROUPS } from './attributes.js'
import { type ExportContext, viewerUrl, wrapperId } from './dialect.js'
import { meshText } from './mesh-text.js'

const TURNED = new Set(['Cylinder', 'Capsule', 'Cone', 'Plane'])
const SHARED_NEVER_IN_2019 = new Set(['Coordinate', 'TextureCoordinate', 'Normal', 'Color'])
const LIGHTS = new Set(['DirectionalLight', 'PointLight', 'SpotLight'])

/** z up → y up. */
const STAND_UP: AxisAngle = [1, 0, 0, -Math.PI / 2]
/** A viewpoint that looks along −z with y up → one that looks along x with z up, both in their own frame. */
const CAMERA = quaternionFromMatrix([0, 0, -1, -1, 0, 0, 0, 1, 0])

/** A node of the tree with all below it, on one line; empty when no viewer has a use for it. */
export function nodeText(node: SceneNode, context: ExportContext, role = ''): string {
  const old = context.options.dialect === 'x3d-2019'
  if (node.type === 'CadShape' && (old || node.useOf === undefined)) return cadShape(node, context, role)
  if (!nodeSpec(node.type)) return ''
  const tag = tagOf(node, old)
  if (tag === undefined) return ''
  const id = attribute('id', `n${node.id}`)
  const target = node.useOf
  const shared = target && context.written.get(target.id)
  if (shared !== undefined && !(old && SHARED_NEVER_IN_2019.has(node.type))) {
    return wrapTurned(node, context, `<${tag}${id} USE='n${shared}'${roleText(role, old)}></${tag}>`)
  }
  context.written.set((target ?? node).id, node.id)
  if (node.type === 'ElevationGrid' && (old || node.primitiveAxis === 'y')) return meshText(elevationGridMesh(node), id)
  if (node.type === 'Mesh' && old) {
    const mesh = context.scene.meshes.get(getStrings(node, 'url')[0] ?? '')
    return mesh ? meshText(mesh, id + attribute('ccw', String(getBool(node, 'ccw')))) : ''
  }
  const attributes = [id, roleText(role, old), ...nodeAttributes(node, context)].join('')
  return wrapTurned(node, context, `<${tag}${attributes}>${insideText(node, context)}</${tag}>`)
}

/** As a root of the scene: in the old dialect a z-up world is turned so that y is up. */
export function rootText(node: SceneNode, context: ExportContext): string {
  const text = nodeText(node, context)
  if (text === '' || !turnsWorld(context) || !isBody(node)) return text
  return `<Transform${attribute('id', `${wrapperId(node)}`)}${attribute('rotation', formatNumbers(STAND_UP))}>${text}</Transform>`
}

function turnsWorld(context: ExportContext): boolean {
  return context.options.dialect === 'x3d-2019' && context.scene.coordinateSystem === 'ENU'
}

function isBody(node: SceneNode): boolean {
  return isGroup(node.type) || PLAIN_GROUPS.has(node.type) || node.type === 'Shape' || node.type === 'CadShape'
}

function tagOf(node: SceneNode, old: boolean): string | undefined {
  const { type } = node
  if (PLAIN_GROUPS.has(type)) return 'Group'
  if (type === 'Billboard') return old ? 'Group' : 'Billboard'
  if (isSolid(type) || type === 'Pose' || type === 'Transform' || type === 'TrackWheel') {
    if (old) return 'Transform'
    return type === 'Solid' && hasScale(node) ? 'Transform' : type
  }
  if (type === 'Fluid') return old ? 'Transform' : 'Fluid'
  return attributesOf(type, 'x3d').length > 0 || INSIDE[type] ? type : undefined
}

function hasScale(node: SceneNode): boolean {
  return node.fields.has('scale') && getVec3(node, 'scale').some((factor) => factor !== 1)
}

function roleText(role: string, old: boolean): string {
  if (role === '') return ''
  if (!old) return attribute('role', role)
  return role.endsWith('Map') ? attribute('type', role.slice(0, -3)) : ''
}

function nodeAttributes(node: SceneNode, context: ExportContext): string[] {
  const { type } = node
  const old = context.options.dialect === 'x3d-2019'
  const found: string[] = []
  if (isGroup(type) && type !== 'Group' && type !== 'Billboard' && type !== 'Propeller')
    found.push(...bodyAttributes(node, old))
  for (const name of attributesOf(type, context.options.dialect)) {
    const value = formatValue(getField(node, name) ?? null)
    if (value !== undefined && value !== '') found.push(attribute(name, value))
  }
  if (type === 'ImageTexture' || type === 'Mesh') {
    const urls = getStrings(node, 'url').map((url) => viewerUrl(context, url))
    found.push(attribute('url', formatStrings(urls)))
    if (old && type === 'ImageTexture') found.push(attribute('isTransparent', 'false'))
  } else if (type === 'Viewpoint') found.push(...viewpointAttributes(node, context))
  else if (type === 'Background') found.push(...backgroundAttributes(node, context))
  else if (type === 'Sphere' && old) found.push(attribute('subdivision', '24,24'))
  else if (type === 'WorldInfo' && !old) found.push(attribute('window', getString(node, 'window')))
  else if (LIGHTS.has(type) && turnsWorld(context) && node.parent === undefined) {
    return found.map((text) => turnLight(node, text))
  }
  return found
}

function bodyAttributes(node: SceneNode, old: boolean): string[] {
  const found = [attribute('translation', formatNumbers(getVec3(node, 'translation')))]
  found.push(attribute('rotation', formatNumbers(getRotation(node, 'rotation'))))
  if (hasScale(node)) found.push(attribute('scale', formatNumbers(getVec3(node, 'scale'))))
  if (!isSolid(node.type)) return found
  found.push(attribute('name', getString(node, 'name')))
  if (old) found.push(attribute('solid', 'true'))
  if (node.type === 'Robot') {
    const controller = getString(node, 'controller')
    if (old) found.push(attribute('controller', controller))
    else {
      const masked = controller.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
      found.push(attribute('type', 'robot'), ` controller="${masked}"`)
    }
    found.push(attribute('window', getString(node, 'window')))
  }
  return found
}

function viewpointAttributes(node: SceneNode, context: ExportContext): string[] {
  let orientation: Quaternion = quaternionFromAxisAngle(getRotation(node, 'orientation'))
  let position: Vector3 = getVec3(node, 'position')
  const old = context.options.dialect === 'x3d-2019'
  if (old && node.primitiveAxis === 'z') orientation = multiplyQuaternions(orientation, CAMERA)
  if (!old && node.primitiveAxis === 'y') {
    const [x, y, z, w] = CAMERA
    orientation = multiplyQuaternions(orientation, [-x, -y, -z, w])
  }
  if (turnsWorld(context)) {
    const up = quaternionFromAxisAngle(STAND_UP)
    orientation = multiplyQuaternions(up, orientation)
    position = rotate(up, position)
  }
  const far = getNumber(node, 'far')
  const followed = followedNode(node, context)
  return [
    attribute('orientation', formatNumbers(axisAngleFromQuaternion(orientation))),
    attribute('position', formatNumbers(position)),
    attribute('zNear', formatNumber(getNumber(node, 'near'))),
    ...(far > 0 ? [attribute('zFar', formatNumber(far))] : []),
    ...(followed ? [attribute('followedId', `n${followed.id}`)] : []),
  ]
}

/** The solid that the viewpoint follows: `name`, or `robot name:part name`. */
function followedNode(node: SceneNode, context: ExportContext): SceneNode | undefined {
  const name = getString(node, 'follow').split(':').at(-1)
  if (!name) return undefined
  for (const candidate of context.scene.byId.values()) {
    if (isSolid(candidate.type) && getString(candidate, 'name') === name) return candidate
  }
  return undefined
}

const FACES = ['left', 'right', 'top', 'bottom', 'back', 'front'] as const

/** A sky has six faces or none. */
function backgroundAttributes(node: SceneNode, context: ExportContext): string[] {
  return ['Url', 'IrradianceUrl'].flatMap((kind) => {
    const urls = FACES.map((face) => [`${face}${kind}`, getStrings(node, `${face}${kind}`)[0]] as const)
    if (urls.some(([, url]) => url === undefined)) return []
    return urls.map(([name, url]) => attribute(name, formatStrings([viewerUrl(context, url!)])))
  })
}

function turnLight(node: SceneNode, text: string): string {
  const name = /^ (\w+)=/.exec(text)?.[1]
  if (name !== 'direction' && name !== 'location') return text
  return attribute(name, formatNumbers(rotate(quaternionFromAxisAngle(STAND_UP), getVec3(node, name))))
}

function insideText(node: SceneNode, context: ExportContext): string {
  if (isGroup(node.type) && node.type !== 'Propeller') {
    return getNodes(node, 'children')
      .map((child) => nodeText(child, context))
      .join('')
  }
  let text = ''
  for (const field of INSIDE[node.type] ?? []) {
    const child = getNode(node, field)
    if (isNode(child ?? undefined)) text += nodeText(child!, context, roleOf(node, field))
  }
  if (node.type === 'ImageTexture' && context.options.dialect === 'x3d-2019') {
    text +=
      "<TextureProperties anisotropicDegree='8' generateMipMaps='true' minificationFilter='AVG_PIXEL' magnificationFilter='AVG_PIXEL'/>"
  }
  return text
}

function roleOf(node: SceneNode, field: string): string {
  if (field.endsWith('Map') || field === 'endPoint') return field
  if (node.type === 'Shape' || node.type === 'Appearance') return field
  return ''
}

/** Turns a shape whose primitive has another axis in this dialect than in its file. */
function wrapTurned(node: SceneNode, context: ExportContext, text: string): string {
  if (node.type !== 'Shape') return text
  const geometry = getNode(node, 'geometry')
  const wanted = context.options.dialect === 'x3d' ? 'z' : 'y'
  if (!geometry || !TURNED.has(geometry.type) || geometry.primitiveAxis === wanted) return text
  const angle = wanted === 'y' ? Math.PI / 2 : -Math.PI / 2
  const tag = wanted === 'y' ? 'Transform' : 'Pose'
  return `<${tag}${attribute('id', wrapperId(node))}${attribute('rotation', formatNumbers([1, 0, 0, angle]))}>${text}</${tag}>`
}

/** The new dialect lets the viewer fetch the file; the old one gets its triangles with their colours. */
function cadShape(node: SceneNode, context: ExportContext, role: string): string {
  const url = getStrings(node, 'url')[0]
  const id = attribute('id', `n${node.id}`)
  if (url === undefined) return ''
  if (context.options.dialect === 'x3d') {
    const flags = ['ccw', 'castShadows', 'isPickable'].map((name) => attribute(name, String(getBool(node, name))))
    const address = attribute('url', formatStrings([viewerUrl(context, url)]))
    return `<CadShape${id}${roleText(role, false)}${address}${flags.join('')}></CadShape>`
  }
  const mesh = context.scene.meshes.get(url)
  return mesh ? `<Group${id}>${meshShapes(mesh, context)}</Group>` : ''
}

function meshShapes(mesh: TriangleMesh, context: ExportContext): string {
  const grey = { name: '', color: [0.8, 0.8, 0.8] as const, opacity: 1 }
  const parts = mesh.parts ?? [{ start: 0, count: mesh.indices.length, material: grey }]
  return parts
    .map(({ start, count, material }) => {
      const { color, opacity, texture } = material as typeof material & { texture?: string }
      const image = texture
        ? `<ImageTexture${attribute('url', formatStrings([viewerUrl(context, texture)]))} type='baseColor'></ImageTexture>`
        : ''
      return (
        `<Shape><PBRAppearance${attribute('baseColor', formatNumbers(color))} metalness='0' roughness='0.6'` +
        `${attribute('transparency', formatNumber(1 - opacity))}>${image}</PBRAppearance>` +
        `${meshText(mesh, '', start, count)}</Shape>`
      )
    })
    .join('')
}
