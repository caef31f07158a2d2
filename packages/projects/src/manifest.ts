import { SimyardError } from '@simyard/protocol'
import { parse, YAMLParseError } from 'yaml'
import * as z from 'zod'

/** `project.yaml`: what a project says about itself. Unknown keys are kept out, so that a typing error is told. */
export const ProjectManifest = z.strictObject({
  title: z.string().trim().min(1).max(80),
  description: z.string().trim().max(600).default(''),
  /** What a visitor could try, one short sentence each. */
  try: z
    .union([z.string().transform((text) => [text]), z.array(z.string().trim().min(1).max(300)).max(12)])
    .default([]),
  languages: z.array(z.string().trim().min(1).max(30)).max(8).default([]),
  /** SPDX identifier of the project's own files. */
  licence: z.string().trim().max(60).default('Apache-2.0'),
  /** Place in the gallery; the lowest comes first. */
  order: z.number().default(1000),
  /** The world the project's page opens first, `worlds/<name>.wbt`. */
  world: z.string().optional(),
})
export type ProjectManifest = z.infer<typeof ProjectManifest>

/** `file` is the name used in messages. Throws PROJECT_INVALID with the line when it is known. */
export function parseManifest(text: string, file: string): ProjectManifest {
  let data: unknown
  try {
    data = parse(text)
  } catch (error) {
    const start = error instanceof YAMLParseError ? error.linePos?.[0] : undefined
    const message = `${file} is not valid YAML: ${error instanceof Error ? firstLine(error.message) : String(error)}`
    throw new SimyardError('PROJECT_INVALID', message, {
      ...(start ? { location: { file, line: start.line, column: start.col } } : {}),
      cause: error,
    })
  }
  const result = ProjectManifest.safeParse(data)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const field = issue.path.join('.') || 'the document'
  throw new SimyardError('PROJECT_INVALID', `${file}: ${field}: ${issue.message}`)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
