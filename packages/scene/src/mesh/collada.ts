import { cosine, sine, type Vector2, type Vector3 } from '@simyard/geometry'
import { XMLParser } from 'fast-xml-parser'
import { buildMesh, type Corner, type Face, type MeshMaterial, type TriangleMesh } from './triangle-mesh.js'

interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

type Matrix = readonly number[]

const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
/** COLLADA's up axis → z up, which is what Webots makes of every file. */
const UP: Readonly<Record<string, Matrix>> = {
  X_UP: [0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1],
  Y_UP: [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
  Z_UP: IDENTITY,
}

/** A COLLADA file: all meshes of its scene with the transforms of their nodes, in metres and z up. */
export function parseCollada(text: string, resolve: (name: string) => string): TriangleMesh {
  const root = toTree(text)
  const ids = new Map<string, Element>()
  index(root, ids)
  const asset = first(root, 'asset')
  const meter = Number(first(asset, 'unit')?.attributes.meter ?? 1)
  const up = UP[first(asset, 'up_axis')?.text ?? 'Y_UP'] ?? IDENTITY
  const points: Vector3[] = []
  const faces: Face[] = []
  const materials = new Map<string, MeshMaterial>()
  const context: Context = { ids, points, faces, materials, resolve }
  const base = multiply(up, [meter, 0, 0, 0, 0, meter, 0, 0, 0, 0, meter, 0, 0, 0, 0, 1])
  const target = first(first(root, 'scene'), 'instance_visual_scene')?.attributes.url
  const scene = (target && ids.get(target.slice(1))) || first(first(root, 'library_visual_scenes'), 'visual_scene')
  for (const node of all(scene, 'node')) addNode(node, base, context, 0)
  if (!scene)
    for (const geometry of all(first(root, 'library_geometries'), 'geometry'))
      addGeometry(geometry, base, new Map(), context)
  return buildMesh(points, faces, 0.5)
}

interface Context {
  readonly ids: ReadonlyMap<string, Element>
  readonly points: Vector3[]
  readonly faces: Face[]
  readonly materials: Map<string, MeshMaterial>
  readonly resolve: (name: string) => string
}

function addNode(node: Element, outer: Matrix, context: Context, depth: number): void {
  if (depth > 64) return
  let matrix = outer
  for (const child of node.children) {
    const numbers = child.text.split(/\s+/).map(Number)
    if (child.tag === 'matrix') matrix = multiply(matrix, numbers)
    else if (child.tag === 'translate') matrix = multiply(matrix, translation(numbers))
    else if (child.tag === 'scale') matrix = multiply(matrix, scaling(numbers))
    else if (child.tag === 'rotate') matrix = multiply(matrix, rotation(numbers))
  }
  for (const instance of all(node, 'instance_geometry')) {
    const geometry = context.ids.get(instance.attributes.url?.slice(1) ?? '')
    if (!geometry) continue
    const bindings = new Map<string, string>()
    for (const bound of deep(instance, 'instance_material')) {
      bindings.set(bound.attributes.symbol ?? '', bound.attributes.target?.slice(1) ?? '')
    }
    addGeometry(geometry, matrix, bindings, context)
  }
  for (const child of all(node, 'node')) addNode(child, matrix, context, depth + 1)
  for (const instance of all(node, 'instance_node')) {
    const target = context.ids.get(instance.attributes.url?.slice(1) ?? '')
    if (target) addNode(target, matrix, context, depth + 1)
  }
}

function addGeometry(geometry: Element, matrix: Matrix, bindings: ReadonlyMap<string, string>, context: Context): void {
  const mesh = first(geometry, 'mesh')
  if (!mesh) return
  for (const primitive of mesh.children) {
    if (!['triangles', 'polylist', 'polygons'].includes(primitive.tag)) continue
    addPrimitive(primitive, matrix, bindings, context)
  }
}

function addPrimitive(
  primitive: Element,
  matrix: Matrix,
  bindings: ReadonlyMap<string, string>,
  context: Context,
): void {
  const inputs = all(primitive, 'input').map(({ attributes }) => ({
    semantic: attributes.semantic ?? '',
    offset: Number(attributes.offset ?? 0),
    source: attributes.source?.slice(1) ?? '',
  }))
  const stride = Math.max(...inputs.map(({ offset }) => offset)) + 1
  const read = (semantic: string) => {
    const input = inputs.find((item) => item.semantic === semantic)
    return input && { offset: input.offset, values: sourceValues(input.source, semantic, context) }
  }
  const vertex = read('VERTEX')
  if (!vertex) return
  const normal = read('NORMAL')
  const uv = read('TEXCOORD')
  const symbol = primitive.attributes.material ?? ''
  const material = colladaMaterial(bindings.get(symbol) ?? symbol, context)
  const start = context.points.length
  for (let i = 0; i + 2 < vertex.values.length; i += 3) {
    context.points.push(apply(matrix, [vertex.values[i]!, vertex.values[i + 1]!, vertex.values[i + 2]!], 1))
  }
  for (const list of all(primitive, 'p')) {
    const numbers = list.text.split(/\s+/).map(Number)
    const total = Math.floor(numbers.length / stride)
    let counts: number[]
    if (primitive.tag === 'polylist')
      counts = (first(primitive, 'vcount')?.text ?? '').split(/\s+/).filter(Boolean).map(Number)
    else counts = primitive.tag === 'polygons' ? [total] : Array.from({ length: Math.floor(total / 3) }, () => 3)
    let at = 0
    for (const count of counts) {
      const corners: Corner[] = []
      for (let i = 0; i < count; i++, at++) {
        const position = start + (numbers[at * stride + vertex.offset] ?? -1)
        const n = normal && (numbers[at * stride + normal.offset] ?? 0) * 3
        const t = uv && (numbers[at * stride + uv.offset] ?? 0) * 2
        corners.push({
          position,
          ...(normal && n !== undefined
            ? {
                normal: unit(
                  apply(matrix, [normal.values[n] ?? 0, normal.values[n + 1] ?? 0, normal.values[n + 2] ?? 0], 0),
                ),
              }
            : {}),
          ...(uv && t !== undefined ? { uv: [uv.values[t] ?? 0, uv.values[t + 1] ?? 0] as Vector2 } : {}),
        })
      }
      if (corners.length >= 3 && corners.every((corner) => context.points[corner.position])) {
        context.faces.push({ corners, ...(material ? { material } : {}) })
      }
    }
  }
}

/** The numbers of a source with 3 (texture coordinates: 2) a vertex, whatever the file's stride. */
function sourceValues(id: string, semantic: string, context: Context): readonly number[] {
  let source = context.ids.get(id)
  if (source?.tag === 'vertices') {
    const position = all(source, 'input').find(({ attributes }) => attributes.semantic === 'POSITION')
    source = context.ids.get(position?.attributes.source?.slice(1) ?? '')
  }
  const numbers = (first(source, 'float_array')?.text ?? '').split(/\s+/).filter(Boolean).map(Number)
  const width = semantic === 'TEXCOORD' ? 2 : 3
  const accessor = source && deep(source, 'accessor')[0]
  const stride = Number(accessor?.attributes.stride ?? width)
  if (stride === width) return numbers
  const packed: number[] = []
  for (let i = 0; i < numbers.length; i += stride) packed.push(...numbers.slice(i, i + width))
  return packed
}

function colladaMaterial(id: string, context: Context): MeshMaterial | undefined {
  const known = context.materials.get(id)
  if (known) return known
  const material = context.ids.get(id)
  const effect = context.ids.get(first(material, 'instance_effect')?.attributes.url?.slice(1) ?? '')
  const diffuse = effect && deep(effect, 'diffuse')[0]
  if (!effect || !diffuse) return undefined
  const [r = 0.8, g = 0.8, b = 0.8, a = 1] = (first(diffuse, 'color')?.text ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)
  const sampler = first(diffuse, 'texture')?.attributes.texture
  const image = sampler === undefined ? undefined : imageOf(sampler, effect, context)
  const found: MeshMaterial = {
    name: id,
    color: image === undefined ? [r, g, b] : [1, 1, 1],
    opacity: a,
    ...(image === undefined ? {} : { texture: context.resolve(image) }),
  }
  context.materials.set(id, found)
  return found
}

function imageOf(sampler: string, effect: Element, context: Context): string | undefined {
  const params = deep(effect, 'newparam')
  const param = (sid: string | undefined) => params.find(({ attributes }) => attributes.sid === sid)
  const surface = deep(param(sampler) ?? effect, 'source')[0]?.text
  const image = deep(param(surface) ?? effect, 'init_from')[0]?.text ?? sampler
  return first(context.ids.get(image), 'init_from')?.text
}

function unit([x, y, z]: Vector3): Vector3 {
  const norm = Math.sqrt(x * x + y * y + z * z) || 1
  return [x / norm, y / norm, z / norm]
}

function apply(m: Matrix, [x, y, z]: Vector3, w: number): Vector3 {
  const row = (i: number) => m[i]! * x + m[i + 1]! * y + m[i + 2]! * z + m[i + 3]! * w
  return [row(0), row(4), row(8)]
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return IDENTITY.map((_, i) => {
    const row = Math.floor(i / 4) * 4
    const column = i % 4
    return (
      a[row]! * b[column]! + a[row + 1]! * b[column + 4]! + a[row + 2]! * b[column + 8]! + a[row + 3]! * b[column + 12]!
    )
  })
}

function translation([x = 0, y = 0, z = 0]: readonly number[]): Matrix {
  return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z, 0, 0, 0, 1]
}

function scaling([x = 1, y = 1, z = 1]: readonly number[]): Matrix {
  return [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1]
}

function rotation([x = 0, y = 0, z = 1, degrees = 0]: readonly number[]): Matrix {
  const angle = (degrees * Math.PI) / 180
  const [c, s] = [cosine(angle), sine(angle)]
  const t = 1 - c
  return [
    ...[t * x * x + c, t * x * y - s * z, t * x * z + s * y, 0],
    ...[t * x * y + s * z, t * y * y + c, t * y * z - s * x, 0],
    ...[t * x * z - s * y, t * y * z + s * x, t * z * z + c, 0],
    ...[0, 0, 0, 1],
  ]
}

function toTree(text: string): Element {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
  })
  const parsed: unknown = parser.parse(text)
  const root = convert(parsed).find(({ tag }) => tag === 'COLLADA')
  return root ?? { tag: 'COLLADA', attributes: {}, children: [], text: '' }
}

function convert(items: unknown): Element[] {
  if (!Array.isArray(items)) return []
  return items.flatMap((item: Record<string, unknown>) => {
    const tag = Object.keys(item).find((key) => key !== ':@')
    if (tag === undefined || tag === '#text') return []
    const content = Array.isArray(item[tag]) ? (item[tag] as Record<string, unknown>[]) : []
    const text = content.map((part) => (typeof part['#text'] === 'string' ? part['#text'] : '')).join('')
    const attributes = (item[':@'] ?? {}) as Record<string, string>
    return [{ tag, attributes, children: convert(content), text: text.trim() }]
  })
}

function index(element: Element, ids: Map<string, Element>): void {
  if (element.attributes.id !== undefined) ids.set(element.attributes.id, element)
  for (const child of element.children) index(child, ids)
}

function all(element: Element | undefined, tag: string): Element[] {
  return element?.children.filter((child) => child.tag === tag) ?? []
}

function first(element: Element | undefined, tag: string): Element | undefined {
  return element?.children.find((child) => child.tag === tag)
}

function deep(element: Element, tag: string): Element[] {
  return element.children.flatMap((child) => (child.tag === tag ? [child, ...deep(child, tag)] : deep(child, tag)))
}
