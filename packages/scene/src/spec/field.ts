import type { FieldValue } from '../node.js'

export type FieldType =
  | 'SFBool'
  | 'SFInt32'
  | 'SFFloat'
  | 'SFString'
  | 'SFVec2f'
  | 'SFVec3f'
  | 'SFRotation'
  | 'SFColor'
  | 'SFNode'
  | 'MFBool'
  | 'MFInt32'
  | 'MFFloat'
  | 'MFString'
  | 'MFVec2f'
  | 'MFVec3f'
  | 'MFRotation'
  | 'MFColor'
  | 'MFNode'

export interface FieldSpec {
  readonly type: FieldType
  readonly default: FieldValue
}

export type NodeSpec = Readonly<Record<string, FieldSpec>>
export type NodeTable = Readonly<Record<string, NodeSpec>>

const field = (type: FieldType, value: FieldValue): FieldSpec => ({ type, default: value })

export const bool = (value: boolean) => field('SFBool', value)
export const int = (value: number) => field('SFInt32', value)
export const float = (value: number) => field('SFFloat', value)
export const string = (value: string) => field('SFString', value)
export const vec2 = (x: number, y: number) => field('SFVec2f', [x, y])
export const vec3 = (x: number, y: number, z: number) => field('SFVec3f', [x, y, z])
export const color = (r: number, g: number, b: number) => field('SFColor', [r, g, b])
export const rotation = (x: number, y: number, z: number, angle: number) => field('SFRotation', [x, y, z, angle])
export const node = () => field('SFNode', null)
export const nodes = () => field('MFNode', [])
export const ints = () => field('MFInt32', [])
export const floats = (...values: number[]) => field('MFFloat', values)
export const strings = () => field('MFString', [])
export const vec2s = () => field('MFVec2f', [])
export const vec3s = (...values: number[][]) => field('MFVec3f', values)
export const colors = (...values: number[][]) => field('MFColor', values)
