import type { FieldValue } from '../node.js'
import type { FieldType } from './field.js'

const SIZES: Readonly<Record<string, number>> = { Vec2f: 2, Vec3f: 3, Color: 3, Rotation: 4 }

/** Whether a field of this type may have the value. Fields of nodes take none: they are changed by adding and removing. */
export function acceptsValue(type: FieldType, value: FieldValue): boolean {
  const item = type.slice(2)
  if (!type.startsWith('MF')) return acceptsItem(item, value)
  return Array.isArray(value) && value.every((one: FieldValue) => acceptsItem(item, one))
}

function acceptsItem(item: string, value: FieldValue): boolean {
  switch (item) {
    case 'Bool':
      return typeof value === 'boolean'
    case 'String':
      return typeof value === 'string'
    case 'Float':
      return Number.isFinite(value)
    case 'Int32':
      return Number.isInteger(value)
    default: {
      const size = SIZES[item]
      return Array.isArray(value) && value.length === size && value.every(Number.isFinite)
    }
  }
}
