import { type AssetBase, assetUrl } from '../scene/asset-url.js'
import { strings } from '../scene/attribute.js'

/** Attributes that name files. */
const FILE_ATTRIBUTES = /^(url|(left|right|top|bottom|back|front)(Irradiance)?Url)$/

/** The files that a scene's text names, as it names them. */
export function filesOf(xml: string): string[] {
  const document = new DOMParser().parseFromString(xml, 'text/xml')
  const found = new Set<string>()
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) {
      if (FILE_ATTRIBUTES.test(name)) for (const file of strings(element, name)) found.add(file)
    }
  }
  return [...found]
}

/** Their contents; a file that cannot be had is left out. */
export async function fetchFiles(xml: string, base: AssetBase): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  await Promise.all(
    filesOf(xml).map(async (path) => {
      try {
        const response = await fetch(assetUrl(path, base))
        if (response.ok) files.set(path, new Uint8Array(await response.arrayBuffer()))
      } catch {
        // The picture is shown without it too.
      }
    }),
  )
  return files
}

const mediaTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  svg: 'image/svg+xml',
}

export function dataUrl(path: string, bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  return `data:${mediaTypes[ending] ?? 'application/octet-stream'};base64,${btoa(text)}`
}
