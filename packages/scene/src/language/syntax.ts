import type { SourceLocation } from '@simyard/protocol'

/** A value as written, before anybody knows the type of its field. `list`: it stood in brackets. */
export type RawValue = (
  | { readonly kind: 'numbers'; readonly values: readonly number[]; readonly list: boolean }
  | { readonly kind: 'strings'; readonly values: readonly string[]; readonly list: boolean }
  | { readonly kind: 'booleans'; readonly values: readonly boolean[]; readonly list: boolean }
  | { readonly kind: 'nodes'; readonly values: readonly RawNode[]; readonly list: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'is'; readonly parameter: string }
) & { readonly location: SourceLocation }

export interface RawField {
  readonly name: string
  readonly value: RawValue
  readonly location: SourceLocation
}

export interface RawNode {
  /** The node or PROTO name; the DEF name when `use` is set. */
  readonly type: string
  readonly def?: string
  readonly use: boolean
  readonly fields: readonly RawField[]
  readonly location: SourceLocation
}

export interface ExternProto {
  readonly name: string
  readonly url: string
  readonly location: SourceLocation
}

export interface RawParameter {
  readonly name: string
  readonly type: string
  readonly value: RawValue
  /** Values it is restricted to; empty when anything goes. */
  readonly allowed: readonly RawValue[]
  readonly location: SourceLocation
}

export interface WorldSyntax {
  readonly externProtos: readonly ExternProto[]
  readonly nodes: readonly RawNode[]
}

export interface ProtoSyntax {
  readonly name: string
  readonly externProtos: readonly ExternProto[]
  readonly parameters: readonly RawParameter[]
  /** Everything after the interface, braces included: scene text or a template. */
  readonly body: { readonly text: string; readonly line: number; readonly column: number }
}
