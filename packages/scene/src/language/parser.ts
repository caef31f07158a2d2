import type { SourceLocation } from '@simyard/protocol'
import type { ExternProto, ProtoSyntax, RawField, RawNode, RawParameter, RawValue, WorldSyntax } from './syntax.js'
import { type Token, Tokens } from './tokens.js'

const MAX_DEPTH = 256

/** The text of a world: EXTERNPROTO lines, then nodes. Also for the nodes of an import. */
export function parseWorld(text: string, file: string): WorldSyntax {
  const parser = new Parser(new Tokens(file, text))
  const externProtos = parser.externProtos()
  return { externProtos, nodes: parser.nodesToEnd() }
}

/** A PROTO file up to its body, which stays text because it may be a template. */
export function parseProto(text: string, file: string): ProtoSyntax {
  return new Parser(new Tokens(file, text)).proto(text)
}

/** The one node in a PROTO's body (braces included), after its template has run. */
export function parseBody(
  text: string,
  file: string,
  start: { readonly line: number; readonly column: number },
): RawNode {
  const tokens = new Tokens(file, text, start)
  const parser = new Parser(tokens)
  tokens.expect('{', 'the body of the PROTO, “{”')
  const node = parser.node(0)
  tokens.expect('}', '“}” after the one node that a PROTO consists of')
  const rest = tokens.next()
  if (rest.kind !== 'end') throw tokens.unexpected(rest, 'the end of the file')
  return node
}

class Parser {
  constructor(private readonly tokens: Tokens) {}

  externProtos(): ExternProto[] {
    const found: ExternProto[] = []
    for (;;) {
      const token = this.tokens.peek()
      if (token.kind !== 'word') return found
      if (token.text === 'IMPORTABLE') {
        this.tokens.next()
        const keyword = this.tokens.peek()
        if (keyword.text !== 'EXTERNPROTO') throw this.tokens.unexpected(keyword, 'EXTERNPROTO after IMPORTABLE')
        continue
      }
      if (token.text !== 'EXTERNPROTO') return found
      this.tokens.next()
      let alias: string | undefined
      if (this.tokens.peek().kind === 'word') alias = this.tokens.next().text
      const url = this.tokens.expect('string', 'the quoted address of a .proto file')
      const file = /([^/\\]+)\.proto$/.exec(url.text)
      if (!file) throw this.tokens.unexpected(url, 'an address that ends in .proto')
      found.push({ name: alias ?? file[1]!, url: url.text, location: this.at(token) })
    }
  }

  nodesToEnd(): RawNode[] {
    const nodes: RawNode[] = []
    while (this.tokens.peek().kind !== 'end') nodes.push(this.node(0))
    return nodes
  }

  proto(text: string): ProtoSyntax {
    const externProtos = this.externProtos()
    const keyword = this.tokens.next()
    if (keyword.text !== 'PROTO') throw this.tokens.unexpected(keyword, 'PROTO')
    const name = this.tokens.expect('word', 'the name of the PROTO').text
    this.tokens.expect('[', '“[” and the fields of the PROTO')
    const parameters: RawParameter[] = []
    while (this.tokens.peek().kind !== ']') parameters.push(this.parameter())
    this.tokens.next()
    const brace = this.tokens.expect('{', 'the body of the PROTO, “{”')
    return {
      name,
      externProtos,
      parameters,
      body: { text: text.slice(brace.offset), line: brace.line, column: brace.column },
    }
  }

  node(depth: number): RawNode {
    const first = this.tokens.expect('word', 'a node')
    if (depth > MAX_DEPTH) throw this.tokens.failure(first, `nodes are nested more than ${MAX_DEPTH} deep`)
    const location = this.at(first)
    if (first.text === 'USE') {
      const name = this.tokens.expect('word', 'the DEF name of a node').text
      return { type: name, use: true, fields: [], location }
    }
    let type = first.text
    let def: string | undefined
    if (type === 'DEF') {
      def = this.tokens.expect('word', 'a name for the node').text
      type = this.tokens.expect('word', 'a node').text
    }
    this.tokens.expect('{', `“{” after ${type}`)
    const fields: RawField[] = []
    for (;;) {
      const token = this.tokens.next()
      if (token.kind === '}') break
      if (token.kind !== 'word') throw this.tokens.unexpected(token, `a field of ${type} or “}”`)
      if (token.text === 'hidden') {
        this.tokens.expect('word', 'the name of a hidden field')
        this.value(depth)
        continue
      }
      fields.push({ name: token.text, value: this.value(depth), location: this.at(token) })
    }
    return def === undefined ? { type, use: false, fields, location } : { type, def, use: false, fields, location }
  }

  private parameter(): RawParameter {
    const keyword = this.tokens.next()
    if (!PARAMETER_KEYWORDS.has(keyword.text)) {
      throw this.tokens.unexpected(keyword, 'field, vrmlField, unconnectedField, deprecatedField or “]”')
    }
    const type = this.tokens.expect('word', 'a field type such as SFFloat')
    if (!/^(?:SF|MF)(?:Bool|Int32|Float|String|Vec2f|Vec3f|Rotation|Color|Node)$/.test(type.text)) {
      throw this.tokens.unexpected(type, 'a field type such as SFFloat')
    }
    const allowed: RawValue[] = []
    if (this.tokens.peek().kind === '{') {
      this.tokens.next()
      const size = VALUE_SIZE[type.text.slice(2)] ?? 1
      while (this.tokens.peek().kind !== '}') allowed.push(this.single(0, size))
      this.tokens.next()
    }
    const name = this.tokens.expect('word', 'the name of a field')
    return { name: name.text, type: type.text, value: this.value(0), allowed, location: this.at(name) }
  }

  private value(depth: number): RawValue {
    const first = this.tokens.peek()
    if (first.kind !== '[') return this.single(depth, Number.POSITIVE_INFINITY)
    this.tokens.next()
    const location = this.at(first)
    const inside = this.tokens.peek()
    if (inside.kind === ']') {
      this.tokens.next()
      return { kind: 'empty', location }
    }
    const numbers: number[] = []
    const strings: string[] = []
    const booleans: boolean[] = []
    const nodes: RawNode[] = []
    for (;;) {
      const token = this.tokens.peek()
      if (token.kind === ']') break
      if (token.kind === 'number') numbers.push(this.tokens.next().value)
      else if (token.kind === 'string') strings.push(this.tokens.next().text)
      else if (token.kind === 'word' && isBoolean(token)) booleans.push(this.tokens.next().text === 'TRUE')
      else if (token.kind === 'word' && token.text === 'NULL') this.tokens.next()
      else if (token.kind === 'word' && INFINITIES.has(token.text))
        numbers.push(INFINITIES.get(this.tokens.next().text)!)
      else if (token.kind === 'word') nodes.push(this.node(depth + 1))
      else throw this.tokens.unexpected(token, 'a value or “]”')
      const kinds = [numbers, strings, booleans, nodes].filter((list) => list.length > 0).length
      if (kinds > 1) throw this.tokens.unexpected(token, 'a value of the same kind as the others in the list')
    }
    this.tokens.next()
    if (strings.length > 0) return { kind: 'strings', values: strings, list: true, location }
    if (booleans.length > 0) return { kind: 'booleans', values: booleans, list: true, location }
    if (nodes.length > 0) return { kind: 'nodes', values: nodes, list: true, location }
    if (numbers.length > 0) return { kind: 'numbers', values: numbers, list: true, location }
    return { kind: 'empty', location }
  }

  private single(depth: number, maxNumbers: number): RawValue {
    const first = this.tokens.peek()
    const location = this.at(first)
    if (first.kind === 'number' || INFINITIES.has(first.text)) {
      const values: number[] = []
      while (values.length < maxNumbers) {
        const token = this.tokens.peek()
        if (token.kind === 'number') values.push(token.value)
        else if (token.kind === 'word' && INFINITIES.has(token.text)) values.push(INFINITIES.get(token.text)!)
        else break
        this.tokens.next()
      }
      return { kind: 'numbers', values, list: false, location }
    }
    if (first.kind === 'string') {
      return { kind: 'strings', values: [this.tokens.next().text], list: false, location }
    }
    if (first.kind !== 'word') throw this.tokens.unexpected(first, 'a value')
    if (isBoolean(first)) {
      return { kind: 'booleans', values: [this.tokens.next().text === 'TRUE'], list: false, location }
    }
    if (first.text === 'NULL') {
      this.tokens.next()
      return { kind: 'null', location }
    }
    if (first.text === 'IS') {
      this.tokens.next()
      return { kind: 'is', parameter: this.tokens.expect('word', 'the name of a PROTO field').text, location }
    }
    return { kind: 'nodes', values: [this.node(depth + 1)], list: false, location }
  }

  private at(token: Token): SourceLocation {
    return { file: this.tokens.file, line: token.line, column: token.column }
  }
}

const PARAMETER_KEYWORDS = new Set([
  'field',
  'vrmlField',
  'exposedField',
  'hiddenField',
  'unconnectedField',
  'deprecatedField',
  'w3dField',
])

const VALUE_SIZE: Readonly<Record<string, number>> = { Vec2f: 2, Vec3f: 3, Color: 3, Rotation: 4 }

const INFINITIES = new Map([
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])

function isBoolean(token: Token): boolean {
  return token.text === 'TRUE' || token.text === 'FALSE'
}
