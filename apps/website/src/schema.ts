import * as z from 'zod'

/** What the HTTP API says and hears. The OpenAPI document is made from these. */
export const Project = z.strictObject({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  try: z.array(z.string()),
  languages: z.array(z.string()),
  licence: z.string(),
  worlds: z.array(z.string()),
  thumbnail: z.string().nullable().describe('Address of the picture, or null'),
  copyOf: z.string().nullable().describe('The gallery project this is a copy of, or null'),
})
export type Project = z.infer<typeof Project>

export const ProjectList = z.strictObject({ projects: z.array(Project) })
export const ProjectFileEntry = z.strictObject({ path: z.string(), size: z.int(), sha256: z.string() })
export const ProjectFileList = z.strictObject({ files: z.array(ProjectFileEntry) })
export const CopyRequest = z.strictObject({ from: z.string().min(1).max(64) })
export const CopyReply = z.strictObject({
  id: z.string(),
  key: z.string().describe('Opens the copy for writing; told once'),
})
export const RevertReply = z.strictObject({
  file: ProjectFileEntry.nullable().describe('null: the original has no such file, and it was removed'),
})

export const SandboxStatus = z.strictObject({ driver: z.string(), ok: z.boolean(), message: z.string().optional() })
export type SandboxStatus = z.infer<typeof SandboxStatus>
export const SiteStatus = z.strictObject({ version: z.string(), sandbox: SandboxStatus })
export type SiteStatus = z.infer<typeof SiteStatus>

export const ErrorReply = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string() }),
})
