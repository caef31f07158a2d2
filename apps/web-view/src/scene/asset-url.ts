/** Addresses in a scene: of Webots' own files, absolute, or relative to the stream's host. */
export function assetUrl(url: string, base: string): string {
  const own = /^webots:\/\/(.*)$/.exec(url)
  if (own) return `https://raw.githubusercontent.com/cyberbotics/webots/released/${own[1]}`
  return new URL(url, base).href
}
