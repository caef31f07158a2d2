/** One node of a scene's text that has an id. */
export interface SceneNode {
  readonly id: number
  readonly tag: string
  readonly parent: SceneNode | undefined
  readonly attributes: Readonly<Record<string, string>>
}

const tags =
  /<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<!--.*?-->|<\?.*?\?>|<![^>]*>/gs
const attributes = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The nodes of a scene's text, by id. Takes what scenes have: tags and attributes, no text between them. */
export class SceneTree {
  private readonly nodes = new Map<number, SceneNode>()

  constructor(xml: string) {
    this.insert(xml, 0)
  }

  node(id: number): SceneNode | undefined {
    return this.nodes.get(id)
  }

  all(): Iterable<SceneNode> {
    return this.nodes.values()
  }

  /** Nodes come into the node with this id; 0 is the scene itself. */
  insert(xml: string, parentId: number): void {
    const open: (SceneNode | undefined)[] = [this.nodes.get(parentId)]
    for (const [, closing, tag, given, empty] of xml.matchAll(tags)) {
      if (tag === undefined) continue
      if (closing) {
        if (open.length > 1) open.pop()
        continue
      }
      const node = this.add(tag, given ?? '', open.at(-1))
      if (!empty) open.push(node)
    }
  }

  /** A tag without an id stands for what it is in. */
  private add(tag: string, given: string, parent: SceneNode | undefined): SceneNode | undefined {
    const values: Record<string, string> = {}
    for (const [, name, double, single] of given.matchAll(attributes)) values[name!] = plain(double ?? single ?? '')
    const id = Number(/^n?(\d+)$/.exec(values.id ?? '')?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(id)) return parent
    const node = { id, tag, parent, attributes: values }
    this.nodes.set(id, node)
    return node
  }
}

function plain(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos|#\d+|#x[\da-f]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
