import { SimyardError } from '@simyard/protocol'
import { parseProto } from '../language/parser.js'
import type { ExternProto, ProtoSyntax } from '../language/syntax.js'
import { type LanguageVersion, R2022A, readHeader } from '../language/version.js'
import { folderOf } from '../url.js'

/** What holds for all nodes that are written in one file. */
export interface FileScope {
  readonly url: string
  readonly baseUrl: string
  readonly version: LanguageVersion
  readonly primitiveAxis: 'y' | 'z'
  readonly externProtos: ReadonlyMap<string, ExternProto>
}

export interface ProtoDeclaration extends ProtoSyntax {
  readonly scope: FileScope
  readonly isTemplate: boolean
}

export function fileScope(url: string, version: LanguageVersion, externProtos: readonly ExternProto[]): FileScope {
  return {
    url,
    baseUrl: folderOf(url),
    version,
    primitiveAxis: version.order < R2022A ? 'y' : 'z',
    externProtos: new Map(externProtos.map((extern) => [extern.name, extern])),
  }
}

export function requireHeader(text: string, url: string): LanguageVersion {
  const version = readHeader(text)
  if (version) return version
  throw new SimyardError(
    'SCENE_SYNTAX',
    `${url}:1:1: expected a first line such as “#VRML_SIM R2025a utf8”, found “${text.slice(0, 30).split('\n')[0]}”`,
    { location: { file: url, line: 1, column: 1 } },
  )
}

export function declareProto(url: string, text: string): ProtoDeclaration {
  const version = requireHeader(text, url)
  const syntax = parseProto(text, url)
  const language = /^#\s*template language:\s*(\w+)/im.exec(text)?.[1]?.toLowerCase()
  if (language === 'lua' || (language === undefined && /%\{[\s\S]*?\}%/.test(syntax.body.text))) {
    throw new SimyardError(
      'SCENE_TEMPLATE_FAILED',
      `${url}: the template of PROTO ${syntax.name} is written in Lua, which Webots gave up in R2022b; ` +
        'translate it to JavaScript and add the line “# template language: javascript”',
      { location: { file: url, line: syntax.body.line, column: syntax.body.column } },
    )
  }
  return { ...syntax, scope: fileScope(url, version, syntax.externProtos), isTemplate: syntax.body.text.includes('%<') }
}
