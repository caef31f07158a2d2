import { SimyardError, type SourceLocation } from '@simyard/protocol'
import { type FileSource, readIfPresent } from '../files.js'
import { isRemoteUrl, resolveUrl } from '../url.js'
import { declareProto, type FileScope, type ProtoDeclaration } from './declaration.js'

const decoder = new TextDecoder()
const INDEX_URL = 'asset:/protos/index.json'

/** Finds PROTOs by name: what the file itself says, the project's `protos/` folder, then ours. */
export class ProtoLibrary {
  private readonly byUrl = new Map<string, Promise<ProtoDeclaration | undefined>>()

  constructor(
    private readonly files: FileSource,
    private readonly maxFileBytes: number,
  ) {}

  async find(name: string, scope: FileScope): Promise<ProtoDeclaration | undefined> {
    const extern = scope.externProtos.get(name)
    const own = [`project:/protos/${name}.proto`, `asset:/protos/${name}.proto`]
    let candidates: string[]
    if (extern) candidates = isRemoteUrl(extern.url) ? own : [resolveUrl(scope.baseUrl, extern.url)]
    else candidates = [...new Set([resolveUrl(scope.baseUrl, `${name}.proto`), ...own])]
    for (const url of candidates) {
      const declaration = await this.load(url)
      if (declaration) return declaration
    }
    return undefined
  }

  async missing(name: string, scope: FileScope, location: SourceLocation): Promise<SimyardError> {
    const url = scope.externProtos.get(name)?.url
    const near = await this.nearName(name)
    return new SimyardError(
      'SCENE_UNKNOWN_PROTO',
      `${location.file}:${location.line}:${location.column}: there is no PROTO ${name}${url ? ` (${url})` : ''}: ` +
        `neither in the project’s protos folder nor among those that ship with Simyard` +
        (near ? `; the nearest name is ${near}` : '; add its file to the protos folder'),
      { location },
    )
  }

  private load(url: string): Promise<ProtoDeclaration | undefined> {
    let declaration = this.byUrl.get(url)
    if (!declaration) {
      declaration = this.read(url)
      this.byUrl.set(url, declaration)
    }
    return declaration
  }

  private async read(url: string): Promise<ProtoDeclaration | undefined> {
    const bytes = await readIfPresent(this.files, url)
    if (!bytes) return undefined
    if (bytes.length > this.maxFileBytes) {
      throw new SimyardError('SCENE_TOO_LARGE', `${url} has ${bytes.length} bytes; ${this.maxFileBytes} are allowed`)
    }
    return declareProto(url, decoder.decode(bytes))
  }

  private async nearName(name: string): Promise<string | undefined> {
    const bytes = await readIfPresent(this.files, INDEX_URL)
    if (!bytes) return undefined
    const names: unknown = JSON.parse(decoder.decode(bytes))
    if (!Array.isArray(names)) return undefined
    const ranked = names
      .filter((item): item is string => typeof item === 'string')
      .map((item) => ({ item, distance: editDistance(name.toLowerCase(), item.toLowerCase()) }))
      .sort((a, b) => a.distance - b.distance)
    const best = ranked[0]
    return best && best.distance <= Math.max(2, name.length / 2) ? best.item : undefined
  }
}

/** How many letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
