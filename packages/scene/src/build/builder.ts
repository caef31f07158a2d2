import { type Diagnostic, SimyardError, type SourceLocation } from '@simyard/protocol'
import { type FileSource, readIfPresent } from '../files.js'
import { parseBody } from '../language/parser.js'
import type { RawNode, RawValue } from '../language/syntax.js'
import { R2022A, R2022B } from '../language/version.js'
import type { FieldValue, SceneNode } from '../node.js'
import type { FileScope, ProtoDeclaration } from '../proto/declaration.js'
import type { ProtoLibrary } from '../proto/library.js'
import { runTemplate, type TemplateLimits } from '../proto/template.js'
import type { FieldType } from '../spec/field.js'
import { nodeSpec } from '../spec/nodes.js'
import { assetTextureUrls, fileNameOf, isRemoteUrl, resolveUrl } from '../url.js'
import { standUpright } from './axes.js'
import { coerce, guess, wrongType } from './coerce.js'
import { type Binding, bindingOf, type Environment } from './environment.js'
import { fieldsLiteral } from './template-values.js'

export interface BuilderOptions {
  readonly files: FileSource
  readonly library: ProtoLibrary
  readonly templates: TemplateLimits
  readonly maxNodes: number
  readonly coordinateSystem: 'ENU' | 'NUE' | 'EUN'
  readonly worldUrl: string
  readonly diagnostics: Diagnostic[]
}

/** What an instance of a PROTO hands down to the base node it becomes. */
interface Instance {
  readonly def?: string
  readonly proto: { readonly name: string; readonly url: string }
  readonly location: SourceLocation
}

/** Nodes that were built together, with their DEF names outside PROTOs. */
export interface Batch {
  readonly nodes: SceneNode[]
  readonly named: { readonly def: string; readonly node: SceneNode }[]
}

/** Makes the tree: expands PROTOs, types the fields, resolves DEF, USE, IS and file names, gives out the ids. */
export class SceneBuilder {
  private batch: Batch = { nodes: [], named: [] }
  private nextId = 1
  private nodesBefore = 0
  private readonly bodies = new Map<string, Promise<RawNode>>()
  private readonly remote = new Map<string, Promise<string>>()

  constructor(private readonly options: BuilderOptions) {}

  /** What is built from now on belongs together; ids begin with `nextId`. */
  begin(nextId: number, nodesBefore: number): Batch {
    this.batch = { nodes: [], named: [] }
    this.nextId = nextId
    this.nodesBefore = nodesBefore
    return this.batch
  }

  async build(raw: RawNode, environment: Environment, parent?: SceneNode, instance?: Instance): Promise<SceneNode> {
    if (raw.use) return this.use(raw, environment, parent)
    const spec = nodeSpec(raw.type)
    if (!spec) {
      const declaration = await this.options.library.find(raw.type, environment.scope)
      if (declaration) return this.expand(raw, declaration, environment, parent, instance)
      const { scope } = environment
      if (scope.externProtos.has(raw.type) || scope.version.order < R2022B) {
        throw await this.options.library.missing(raw.type, scope, raw.location)
      }
      this.warn('SCENE_UNKNOWN_NODE', `there is no node ${raw.type}; it is kept but does nothing`, raw.location)
    }
    const node = this.create(raw, environment.scope, parent, instance)
    for (const field of raw.fields) {
      const fieldSpec = spec?.get(field.name)
      if (spec && !fieldSpec) {
        this.warn('SCENE_UNKNOWN_FIELD', `${raw.type} has no field ${field.name}; it is left out`, field.location)
        continue
      }
      const value = await this.value(field.value, fieldSpec?.type, field.name, environment, node)
      node.fields.set(field.name, value)
    }
    this.name(raw.def, node, environment)
    return node
  }

  private name(def: string | undefined, node: SceneNode, environment: Environment): void {
    if (def === undefined) return
    environment.defs.set(def, node)
    if (environment.chain.length === 0) this.batch.named.push({ def, node })
  }

  private use(raw: RawNode, environment: Environment, parent: SceneNode | undefined): SceneNode {
    const target = environment.defs.get(raw.type)
    if (!target) {
      const { file, line, column } = raw.location
      throw new SimyardError(
        'SCENE_UNKNOWN_DEF',
        `${file}:${line}:${column}: USE ${raw.type}: no node before this one has that DEF name`,
        { location: raw.location },
      )
    }
    return this.register({
      ...target,
      id: this.nextId,
      useOf: target.useOf ?? target,
      parent,
      location: raw.location,
    })
  }

  private create(raw: RawNode, scope: FileScope, parent?: SceneNode, instance?: Instance): SceneNode {
    const def = instance?.def ?? raw.def
    return this.register({
      id: this.nextId,
      type: raw.type,
      ...(def === undefined ? {} : { def }),
      ...(instance ? { proto: instance.proto } : {}),
      fields: new Map(),
      ...(parent ? { parent } : {}),
      location: instance?.location ?? raw.location,
      baseUrl: scope.baseUrl,
      primitiveAxis: scope.primitiveAxis,
    })
  }

  private register(node: SceneNode): SceneNode {
    if (this.nodesBefore + this.batch.nodes.length >= this.options.maxNodes) {
      const { file, line, column } = node.location
      throw new SimyardError(
        'SCENE_TOO_LARGE',
        `${file}:${line}:${column}: the world has more than ${this.options.maxNodes} nodes`,
        { location: node.location },
      )
    }
    this.nextId++
    this.batch.nodes.push(node)
    return node
  }

  private async expand(
    raw: RawNode,
    declaration: ProtoDeclaration,
    environment: Environment,
    parent?: SceneNode,
    outer?: Instance,
  ): Promise<SceneNode> {
    const { url } = declaration.scope
    const chain = [...environment.chain, url]
    if (environment.chain.includes(url)) {
      const path = chain.map((item) => fileNameOf(item)).join(' → ')
      throw new SimyardError('SCENE_PROTO_CYCLE', `PROTO ${raw.type} is made of itself: ${path}`, {
        location: raw.location,
      })
    }
    const parameters = this.bind(raw, declaration, environment, chain)
    const body = await this.body(declaration, parameters, raw)
    const def = outer?.def ?? raw.def
    const node = await this.build(body, { scope: declaration.scope, defs: new Map(), parameters, chain }, parent, {
      ...(def === undefined ? {} : { def }),
      proto: outer?.proto ?? { name: declaration.name, url },
      location: outer?.location ?? raw.location,
    })
    const fromOldWorld = environment.scope.version.order < R2022A && environment.chain.length === 0
    if (fromOldWorld && declaration.scope.version.order >= R2022A && this.options.coordinateSystem === 'NUE') {
      standUpright(node, declaration.parameters)
    }
    this.name(raw.def, node, environment)
    return node
  }

  private bind(
    raw: RawNode,
    declaration: ProtoDeclaration,
    environment: Environment,
    chain: readonly string[],
  ): ReadonlyMap<string, Binding> {
    const defaults: Environment = { scope: declaration.scope, defs: new Map(), chain }
    const bindings = new Map<string, Binding>()
    for (const parameter of declaration.parameters) {
      bindings.set(parameter.name, { parameter, value: parameter.value, environment: defaults })
    }
    for (const { name, value: written, location } of raw.fields) {
      const known = bindings.get(name)
      if (!known) {
        this.warn('SCENE_UNKNOWN_FIELD', `PROTO ${raw.type} has no field ${name}; it is left out`, location)
        continue
      }
      let value = written
      let where = environment
      while (value.kind === 'is') {
        const binding = bindingOf(value, where)
        value = binding.value
        where = binding.environment
      }
      const type = known.parameter.type as FieldType
      if (type !== 'SFNode' && type !== 'MFNode') {
        const typed = JSON.stringify(coerce(value, type, name))
        const allowed = known.parameter.allowed.map((item) => JSON.stringify(coerce(item, type, name)))
        if (allowed.length > 0 && !allowed.includes(typed)) {
          const { file, line, column } = location
          throw new SimyardError(
            'SCENE_WRONG_TYPE',
            `${file}:${line}:${column}: field ${name} of ${raw.type} is one of ${allowed.join(', ')}, found ${typed}`,
            { location },
          )
        }
      }
      bindings.set(name, { parameter: known.parameter, value, environment: where })
    }
    return bindings
  }

  private async body(
    declaration: ProtoDeclaration,
    parameters: ReadonlyMap<string, Binding>,
    raw: RawNode,
  ): Promise<RawNode> {
    const { scope, body, name } = declaration
    const fields = declaration.isTemplate ? await fieldsLiteral(parameters.values(), this.options.library) : ''
    const key = `${scope.url}\n${fields}`
    let parsed = this.bodies.get(key)
    if (!parsed) {
      parsed = this.generate(declaration, fields, raw).then((text) => parseBody(text, scope.url, body))
      this.bodies.set(key, parsed)
    }
    const node = await parsed
    if (node.use) throw new SimyardError('SCENE_SYNTAX', `${scope.url}: PROTO ${name} cannot consist of a USE`)
    return node
  }

  private async generate(declaration: ProtoDeclaration, fields: string, raw: RawNode): Promise<string> {
    const { scope, body, name, isTemplate } = declaration
    if (!isTemplate) return body.text
    const { worldUrl, coordinateSystem } = this.options
    const context = {
      world: worldUrl.replace(/^project:\//, ''),
      proto: scope.url.replace(/^\w+:\//, ''),
      project_path: '',
      webots_version: { major: 'R2025a', revision: 0 },
      webots_home: '',
      os: 'linux',
      coordinate_system: coordinateSystem.toLowerCase(),
      temporary_files_path: '',
      id: raw.location.line,
    }
    const { text, diagnostics } = await runTemplate(
      { proto: name, file: scope.url, text: body.text, line: body.line, fields, context: JSON.stringify(context) },
      this.options.templates,
    )
    this.options.diagnostics.push(...diagnostics)
    return text
  }

  private async value(
    raw: RawValue,
    type: FieldType | undefined,
    name: string,
    environment: Environment,
    owner: SceneNode,
  ): Promise<FieldValue> {
    if (raw.kind === 'is') {
      const binding = bindingOf(raw, environment)
      return this.value(binding.value, type ?? (binding.parameter.type as FieldType), name, binding.environment, owner)
    }
    if (type === 'SFNode' || type === 'MFNode' || (type === undefined && raw.kind === 'nodes')) {
      const multiple = type === undefined ? raw.kind === 'nodes' && raw.list : type === 'MFNode'
      if (raw.kind === 'null' || raw.kind === 'empty') return multiple ? [] : null
      if (raw.kind !== 'nodes' || (!multiple && raw.values.length !== 1)) throw wrongType(raw, type ?? 'MFNode', name)
      const nodes: SceneNode[] = []
      for (const node of raw.values) nodes.push(await this.build(node, environment, owner))
      return multiple ? nodes : nodes[0]!
    }
    if (type === undefined) return guess(raw)
    const value = coerce(raw, type, name)
    if (type !== 'MFString' || !/(?:^url|Url|Sound|^sound)$/.test(name)) return value
    const urls: string[] = []
    for (const url of value as readonly string[]) {
      urls.push(await this.address(resolveUrl(environment.scope.baseUrl, url), owner.type, raw.location))
    }
    return urls
  }

  /** Files of the internet stand for those that ship with us, where we have one of the same name. */
  private address(url: string, ownerType: string, location: SourceLocation): Promise<string> {
    if (!isRemoteUrl(url)) return Promise.resolve(url)
    let found = this.remote.get(url)
    if (!found) {
      found = this.findAsset(url, ownerType, location)
      this.remote.set(url, found)
    }
    return found
  }

  private async findAsset(url: string, ownerType: string, location: SourceLocation): Promise<string> {
    const mesh = ownerType === 'Mesh' || ownerType === 'CadShape'
    const candidates = mesh ? [`asset:/protos/meshes/${fileNameOf(url)}`] : assetTextureUrls(url)
    for (const candidate of candidates) {
      if (await readIfPresent(this.options.files, candidate)) return candidate
    }
    this.warn(
      'SCENE_FILE_MISSING',
      `${url} is on the internet and does not ship with Simyard; it is left out`,
      location,
    )
    return url
  }

  private warn(code: Diagnostic['code'], problem: string, location: SourceLocation): void {
    const message = `${location.file}:${location.line}:${location.column}: ${problem}`
    this.options.diagnostics.push({ severity: 'warning', code, message, location })
  }
}
