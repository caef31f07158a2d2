import { extname } from 'node:path'

const types: Record<string, string> = {
  '.wbt': 'text/plain; charset=utf-8',
  '.proto': 'text/plain; charset=utf-8',
  '.py': 'text/x-python; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.yaml': 'text/plain; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.hdr': 'image/vnd.radiance',
  '.mtl': 'text/plain; charset=utf-8',
  '.x3d': 'model/x3d+xml',
  '.simyard': 'application/x-simyard-recording',
  '.obj': 'text/plain; charset=utf-8',
  '.stl': 'model/stl',
  '.dae': 'model/vnd.collada+xml',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
}

export function contentType(path: string): string {
  return types[extname(path).toLowerCase()] ?? 'application/octet-stream'
}
