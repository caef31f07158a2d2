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

/** A recording, or a scene or an animation of Webots. Addresses are paths of this site. */
export const RecordingEntry = z.strictObject({
  id: z.string().describe('Six characters'),
  kind: z.enum(['recording', 'animation', 'scene']),
  address: z.string().describe('Its page'),
  title: z.string(),
  info: z.array(z.string()),
  version: z.string().describe('Release of Webots whose scene it is, or empty'),
  durationMs: z.number().describe('Simulated milliseconds; 0 for a scene'),
  bytes: z.int().describe('Of all its files'),
  views: z.int(),
  createdAt: z.string().describe('ISO 8601, UTC'),
  thumbnail: z.string().nullable().describe('Address of the picture, or null'),
  recording: z.string().nullable().describe('Address of the .simyard file, or null'),
  scene: z.string().nullable().describe('Address of the X3D file, or null'),
  animation: z.string().nullable().describe('Address of the JSON file, or null'),
  archive: z.string().describe('All files in a ZIP archive'),
})
export type RecordingEntry = z.infer<typeof RecordingEntry>

export const RecordingList = z.strictObject({ recordings: z.array(RecordingEntry), total: z.int() })
export const RecordingListQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(24),
  kind: z.enum(['recording', 'animation', 'scene']).optional(),
  search: z.string().max(200).default(''),
})
export const RecordingUploadQuery = z.object({
  title: z.string().trim().min(1).max(200).optional().describe("Without it the world's own"),
})
export const RecordingUploadReply = z.strictObject({
  id: z.string(),
  address: z.string().describe('Its page'),
  key: z.string().describe('Opens it for changes; told once'),
})
export const RecordingFileReply = z.strictObject({ path: z.string(), size: z.int() })
export const RecordingRemoved = z.strictObject({ id: z.string() })

export const ErrorReply = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string() }),
})
