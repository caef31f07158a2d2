/** Where a scene's relative addresses lead: below an address, or wherever the simulation keeps its files. */
export type AssetBase = string | ((path: string) => string)

/** Addresses in a scene: of Webots' own files, absolute, or relative to the stream's host. */
export function assetUrl(url: string, base: AssetBase): string {
  const own = /^webots:\/\/(.*)$/.exec(url)
  if (own) return `https://raw.githubusercontent.com/cyberbotics/webots/released/${own[1]}`
  if (typeof base === 'string') return new URL(url, base).href
  return /^[a-z][a-z\d+.-]*:/i.test(url) ? url : base(url)
}
