import { SimyardError } from '@simyard/protocol'
import type { RawParameter, RawValue } from '../language/syntax.js'
import type { SceneNode } from '../node.js'
import type { FileScope } from '../proto/declaration.js'

/** What names mean where a node is written: DEF names, the fields of the surrounding PROTO, EXTERNPROTOs. */
export interface Environment {
  readonly scope: FileScope
  readonly defs: Map<string, SceneNode>
  readonly parameters?: ReadonlyMap<string, Binding>
  /** URLs of the PROTOs being expanded, outermost first. */
  readonly chain: readonly string[]
}

/** A PROTO field with the value it has in one instance, and where that value's own names are to be looked up. */
export interface Binding {
  readonly parameter: RawParameter
  readonly value: RawValue
  readonly environment: Environment
}

/** The PROTO field behind `IS name`. */
export function bindingOf(raw: RawValue & { readonly kind: 'is' }, environment: Environment): Binding {
  const binding = environment.parameters?.get(raw.parameter)
  if (binding) return binding
  const { file, line, column } = raw.location
  const reason = environment.parameters ? 'the PROTO has no such field' : 'IS has a meaning only inside a PROTO'
  throw new SimyardError('SCENE_UNKNOWN_FIELD', `${file}:${line}:${column}: IS ${raw.parameter}: ${reason}`, {
    location: raw.location,
  })
}
