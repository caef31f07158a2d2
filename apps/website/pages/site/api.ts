import { siteUrl } from './root.js'

/** The site's HTTP API, as far as its own pages need it. */
export interface Project {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly try: readonly string[]
  readonly languages: readonly string[]
  readonly licence: string
  readonly worlds: readonly string[]
  readonly thumbnail: string | null
  readonly copyOf: string | null
}

export interface ProjectFile {
  readonly path: string
  readonly size: number
}

export interface Status {
  readonly version: string
  readonly sandbox: { readonly driver: string; readonly ok: boolean; readonly message?: string }
}

export interface RecordingEntry {
  readonly id: string
  readonly kind: 'recording' | 'animation' | 'scene'
  readonly address: string
  readonly title: string
  readonly info: readonly string[]
  readonly version: string
  readonly durationMs: number
  readonly bytes: number
  readonly views: number
  readonly createdAt: string
  readonly thumbnail: string | null
  readonly recording: string | null
  readonly scene: string | null
  readonly animation: string | null
  readonly archive: string
}

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export async function listProjects(): Promise<readonly Project[]> {
  return (await ask<{ projects: Project[] }>('api/v1/projects')).projects
}

export async function getProject(id: string): Promise<Project> {
  return ask(`api/v1/projects/${encodeURIComponent(id)}`)
}

export async function listFiles(id: string): Promise<readonly ProjectFile[]> {
  return (await ask<{ files: ProjectFile[] }>(`api/v1/projects/${encodeURIComponent(id)}/files`)).files
}

export async function readText(id: string, path: string): Promise<string> {
  return (await request(fileUrl(id, path), { cache: 'no-cache' })).text()
}

export async function copyProject(from: string): Promise<{ id: string; key: string }> {
  const body = JSON.stringify({ from })
  return ask('api/v1/projects', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

export async function writeText(id: string, key: string, path: string, text: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' }
  await request(apiFileUrl(id, path), { method: 'PUT', body: text, headers })
}

export async function revertFile(id: string, key: string, path: string): Promise<void> {
  await request(apiFileUrl(id, path), { method: 'DELETE', headers: { authorization: `Bearer ${key}` } })
}

export async function listRecordings(
  offset: number,
  limit: number,
  search: string,
): Promise<{ recordings: readonly RecordingEntry[]; total: number }> {
  return ask(`api/v1/recordings?${new URLSearchParams({ offset: String(offset), limit: String(limit), search })}`)
}

export async function getRecording(id: string): Promise<RecordingEntry> {
  return ask(`api/v1/recordings/${encodeURIComponent(id)}`)
}

export async function deleteRecording(id: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` }
  await request(`api/v1/recordings/${encodeURIComponent(id)}`, { method: 'DELETE', headers })
}

export async function getStatus(): Promise<Status> {
  return ask('api/v1/status')
}

export function fileUrl(id: string, path: string): string {
  return siteUrl(`projects/${encodeURIComponent(id)}/${path.split('/').map(encodeURIComponent).join('/')}`)
}

function apiFileUrl(id: string, path: string): string {
  return `api/v1/projects/${encodeURIComponent(id)}/files/${path.split('/').map(encodeURIComponent).join('/')}`
}

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  return (await request(url, init)).json()
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  let reply: Response
  try {
    reply = await fetch(siteUrl(url), init)
  } catch {
    throw new ApiError('UNREACHABLE', 'The server does not answer. Check the connection, then try again.')
  }
  if (reply.ok) return reply
  const body: { error?: { code?: string; message?: string } } = await reply.json().catch(() => ({}))
  throw new ApiError(body.error?.code ?? 'UNKNOWN', body.error?.message ?? `The server answered ${reply.status}.`)
}
