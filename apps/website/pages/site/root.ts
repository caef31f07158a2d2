/** An address of this site from its path without a first slash; pages that may stand below a proxy's prefix say where the root is. */
export function siteUrl(path: string): string {
  return new URL(path, new URL(document.documentElement.dataset.root ?? '/', location.href)).href
}
