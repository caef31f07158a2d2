import { SimyardError } from '@simyard/protocol'
import type { RawValue } from '../language/syntax.js'
import type { FieldValue } from '../node.js'
import type { FieldType } from '../spec/field.js'

const SIZES: Readonly<Record<string, number>> = { Vec2f: 2, Vec3f: 3, Color: 3, Rotation: 4, Float: 1, Int32: 1 }

/** A written value as its field's type; not for nodes and IS. Throws SCENE_WRONG_TYPE with the place. */
export function coerce(raw: RawValue, type: FieldType, fieldName: string): FieldValue {
  const multiple = type.startsWith('MF')
  const item = type.slice(2)
  if (raw.kind === 'empty' && multiple) return []
  const single = !('list' in raw) || (!raw.list && raw.kind !== 'numbers' && raw.values.length === 1)
  if (item === 'Bool' && raw.kind === 'booleans') {
    if (multiple) return raw.values
    if (single) return raw.values[0]!
  } else if (item === 'String' && raw.kind === 'strings') {
    if (multiple) return raw.values
    if (single) return raw.values[0]!
  } else if (raw.kind === 'numbers') {
    const size = SIZES[item]
    if (size !== undefined) {
      const { values } = raw
      if (item === 'Int32' && !values.every(Number.isInteger)) throw wrongType(raw, type, fieldName)
      if (multiple && values.length % size === 0) return size === 1 ? values : chunks(values, size)
      if (!multiple && values.length === size && !raw.list) return size === 1 ? values[0]! : values
      // Gravity was a vector until R2020b.
      if (fieldName === 'gravity' && type === 'SFFloat' && values.length === 3) {
        return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
      }
    }
  } else if (raw.kind === 'booleans' && item === 'Int32' && fieldName === 'occlusion') {
    return raw.values[0] === true ? 1 : 0
  }
  throw wrongType(raw, type, fieldName)
}

export function wrongType(raw: RawValue, type: FieldType, fieldName: string): SimyardError {
  const { file, line, column } = raw.location
  return new SimyardError(
    'SCENE_WRONG_TYPE',
    `${file}:${line}:${column}: field ${fieldName} takes ${EXPECTED[type]} (${type}), found ${describe(raw)}`,
    { location: raw.location },
  )
}

const EXPECTED: Readonly<Record<FieldType, string>> = {
  SFBool: 'TRUE or FALSE',
  SFInt32: 'a whole number',
  SFFloat: 'a number',
  SFString: 'a quoted text',
  SFVec2f: '2 numbers',
  SFVec3f: '3 numbers',
  SFRotation: '4 numbers',
  SFColor: '3 numbers',
  SFNode: 'a node or NULL',
  MFBool: 'a list of TRUE and FALSE',
  MFInt32: 'a list of whole numbers',
  MFFloat: 'a list of numbers',
  MFString: 'a list of quoted texts',
  MFVec2f: 'a list of pairs of numbers',
  MFVec3f: 'a list of triples of numbers',
  MFRotation: 'a list of groups of 4 numbers',
  MFColor: 'a list of triples of numbers',
  MFNode: 'a list of nodes',
}

function describe(raw: RawValue): string {
  switch (raw.kind) {
    case 'numbers':
      return raw.values.length === 1 ? `the number ${raw.values[0]}` : `${raw.values.length} numbers`
    case 'strings':
      return raw.list ? 'a list of texts' : `the text "${raw.values[0]}"`
    case 'booleans':
      return raw.list ? 'a list of TRUE and FALSE' : raw.values[0] ? 'TRUE' : 'FALSE'
    case 'nodes':
      return raw.list ? 'a list of nodes' : `the node ${raw.values[0]!.type}`
    case 'null':
      return 'NULL'
    case 'empty':
      return 'an empty list'
    case 'is':
      return `IS ${raw.parameter}`
  }
}

/** A field of a node nobody knows, typed by its looks. */
export function guess(raw: RawValue): FieldValue {
  switch (raw.kind) {
    case 'numbers':
      return !raw.list && raw.values.length === 1 ? raw.values[0]! : raw.values
    case 'strings':
      return raw.list ? raw.values : raw.values[0]!
    case 'booleans':
      return raw.list ? raw.values : raw.values[0]!
    case 'empty':
      return []
    default:
      return null
  }
}

function chunks(values: readonly number[], size: number): number[][] {
  const found: number[][] = []
  for (let i = 0; i < values.length; i += size) found.push(values.slice(i, i + size))
  return found
}
