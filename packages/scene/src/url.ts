/** An address that leads out of the project and the assets: to the internet or to a Webots installation. */
export function isRemoteUrl(url: string): boolean {
  return /^(?:https?|webots|ftp):\/\//.test(url)
}

/** The folder a file is in, with its slash: `project:/worlds/a.wbt` → `project:/worlds/`. */
export function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf('/') + 1)
}

export function fileNameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}

/** A reference written in a file of the folder `base`. Never leaves the project or the assets: `..` stops at the top. */
export function resolveUrl(base: string, reference: string): string {
  if (isRemoteUrl(reference) || /^(?:project|asset):\//.test(reference)) return reference
  const [, scheme = 'project', folder = '/'] = /^(\w+):(\/.*)$/.exec(base) ?? []
  const path = reference.replaceAll('\\', '/')
  const parts: string[] = []
  for (const part of `${path.startsWith('/') ? '' : folder}${path}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `${scheme}:/${parts.join('/')}`
}

/** Where a texture from the internet may lie among our assets, best place first; ours are all PNG. */
export function assetTextureUrls(remote: string): readonly string[] {
  const path = remote.replace(/^.*\/textures\//, '')
  const inside = path === remote ? fileNameOf(remote) : path
  const exact = `asset:/protos/textures/${inside}`
  const png = exact.replace(/\.\w+$/, '.png')
  return exact === png ? [exact] : [exact, png]
}
