import type { RawNode, RawValue } from '../language/syntax.js'
import { type FieldValue, isNode } from '../node.js'
import type { ProtoLibrary } from '../proto/library.js'
import type { FieldType } from '../spec/field.js'
import { nodeSpec } from '../spec/nodes.js'
import { coerce } from './coerce.js'
import { type Binding, bindingOf, type Environment } from './environment.js'

/** The `fields` object of a template, as JavaScript text: every field of the PROTO with its value and default. */
export async function fieldsLiteral(bindings: Iterable<Binding>, library: ProtoLibrary): Promise<string> {
  const entries: string[] = []
  for (const { parameter, value, environment } of bindings) {
    const type = parameter.type as FieldType
    const current = await rawLiteral(value, type, parameter.name, environment, library)
    const initial =
      value === parameter.value
        ? current
        : await rawLiteral(parameter.value, type, parameter.name, environment, library)
    entries.push(`${JSON.stringify(parameter.name)}:{value:${current},defaultValue:${initial}}`)
  }
  return `{${entries.join(',')}}`
}

async function rawLiteral(
  raw: RawValue,
  type: FieldType,
  name: string,
  environment: Environment,
  library: ProtoLibrary,
): Promise<string> {
  if (raw.kind === 'is') {
    const binding = bindingOf(raw, environment)
    return rawLiteral(binding.value, type, name, binding.environment, library)
  }
  if (type !== 'SFNode' && type !== 'MFNode') return literal(coerce(raw, type, name), type)
  if (raw.kind !== 'nodes') return type === 'SFNode' ? 'undefined' : '[]'
  const items: string[] = []
  for (const node of raw.values) items.push(await nodeLiteral(node, environment, library))
  return type === 'SFNode' ? items[0]! : `[${items.join(',')}]`
}

async function nodeLiteral(raw: RawNode, environment: Environment, library: ProtoLibrary): Promise<string> {
  if (raw.use) {
    const target = environment.defs.get(raw.type)
    return target ? `{node_name:${JSON.stringify(target.proto?.name ?? target.type)},fields:{}}` : 'undefined'
  }
  const entries: string[] = []
  const written = new Map(raw.fields.map((field) => [field.name, field.value]))
  const spec = nodeSpec(raw.type)
  if (spec) {
    for (const [name, field] of spec) {
      const value = written.get(name)
      const initial = literal(field.default, field.type)
      const current = value ? await rawLiteral(value, field.type, name, environment, library) : initial
      entries.push(`${JSON.stringify(name)}:{value:${current},defaultValue:${initial}}`)
    }
  } else {
    const declaration = await library.find(raw.type, environment.scope)
    for (const parameter of declaration?.parameters ?? []) {
      const type = parameter.type as FieldType
      const value = written.get(parameter.name) ?? parameter.value
      const current = await rawLiteral(value, type, parameter.name, environment, library)
      entries.push(`${JSON.stringify(parameter.name)}:{value:${current}}`)
    }
  }
  const name = JSON.stringify(raw.type)
  return `{node_name:${name},super_name:${name},fields:{${entries.join(',')}}}`
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Vec2f: ['x', 'y'],
  Vec3f: ['x', 'y', 'z'],
  Color: ['r', 'g', 'b'],
  Rotation: ['x', 'y', 'z', 'a'],
}

function literal(value: FieldValue, type: FieldType): string {
  if (value === null || isNode(value)) return 'undefined'
  const members = MEMBERS[type.slice(2)]
  if (!Array.isArray(value)) return typeof value === 'string' ? JSON.stringify(value) : String(value)
  const vector = (numbers: readonly number[]) => `{${members!.map((m, i) => `${m}:${numbers[i]}`).join(',')}}`
  if (!members)
    return `[${value.map((item) => (typeof item === 'string' ? JSON.stringify(item) : String(item))).join(',')}]`
  if (type.startsWith('SF')) return vector(value as readonly number[])
  return `[${(value as readonly (readonly number[])[]).map(vector).join(',')}]`
}
