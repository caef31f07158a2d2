const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  hdr: 'image/vnd.radiance',
  svg: 'image/svg+xml',
  webp: 'image/webp',
  obj: 'model/obj',
  stl: 'model/stl',
  dae: 'model/vnd.collada+xml',
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json',
  wbt: 'text/plain; charset=utf-8',
  proto: 'text/plain; charset=utf-8',
  py: 'text/plain; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
}

export function contentTypeOf(path: string): string {
  return types[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
}
