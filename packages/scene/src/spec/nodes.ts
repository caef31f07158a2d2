import { deviceNodes } from './devices.js'
import type { FieldSpec, NodeSpec } from './field.js'
import { groupingNodes } from './grouping.js'
import { jointNodes } from './joints.js'
import { shapeNodes } from './shapes.js'
import { worldNodes } from './world.js'

const table = new Map<string, ReadonlyMap<string, FieldSpec>>(
  Object.entries({ ...worldNodes, ...groupingNodes, ...shapeNodes, ...jointNodes, ...deviceNodes }).map(
    ([type, fields]: [string, NodeSpec]) => [type, new Map(Object.entries(fields))],
  ),
)

/** The fields of a base node; undefined for a type nobody knows. */
export function nodeSpec(type: string): ReadonlyMap<string, FieldSpec> | undefined {
  return table.get(type)
}

export function fieldSpec(type: string, name: string): FieldSpec | undefined {
  return table.get(type)?.get(name)
}

export function nodeTypes(): readonly string[] {
  return [...table.keys()]
}

/** Solid and what derives from it: a body that has a name, a pose and perhaps physics. */
export function isSolid(type: string): boolean {
  return table.get(type)?.has('boundingObject') === true && type !== 'Fluid'
}

/** Group and what derives from it: it has children. */
export function isGroup(type: string): boolean {
  return table.get(type)?.has('children') === true
}

/** Devices of a robot that a controller finds by name. */
export function isDevice(type: string): boolean {
  return (
    (deviceNodes[type] !== undefined && deviceNodes[type].name !== undefined) ||
    JOINT_DEVICES.has(type) ||
    SOLID_DEVICES.has(type)
  )
}

const JOINT_DEVICES = new Set(['RotationalMotor', 'LinearMotor', 'PositionSensor', 'Brake'])
const SOLID_DEVICES = new Set(['Skin'])
