import { type AssetBase, assetUrl } from '../scene/asset-url.js'
import { filesOf } from './scene-files.js'

export interface Publication {
  readonly file: Uint8Array<ArrayBuffer>
  readonly title: string
  readonly thumbnail: Blob | undefined
  readonly xml: string
  readonly assetBase: AssetBase
}

export interface Published {
  readonly id: string
  /** Opens it for changes. */
  readonly key: string
  /** Of its page. */
  readonly address: string
}

/** Textures that every site has lie there; what is absolute or leads out is nowhere in a project. */
const NOT_OF_PROJECT = /^assets\/|^[a-z][a-z\d+.-]*:|^\/|(^|\/)\.\.(\/|$)/i

/** Shows a recording on a site of Simyard, with its picture and the pictures of its project. */
export async function publish(
  site: string,
  { file, title, thumbnail, xml, assetBase }: Publication,
  onProgress: (text: string) => void,
): Promise<Published> {
  const api = new URL('/api/v1/recordings', site)
  if (title !== '') api.searchParams.set('title', title.slice(0, 200))
  onProgress('being sent …')
  const answer = await send(api, 'POST', file)
  const { id, key, address } = (await answer.json()) as Published
  const put = (path: string, bytes: BodyInit) => {
    const place = path.split('/').map(encodeURIComponent).join('/')
    return send(new URL(`/api/v1/recordings/${id}/files/${place}`, site), 'PUT', bytes, key)
  }
  if (thumbnail) await put('thumbnail.jpg', thumbnail)
  const own = filesOf(xml).filter((path) => !NOT_OF_PROJECT.test(path))
  for (const [at, path] of own.entries()) {
    onProgress(`picture ${at + 1} of ${own.length} …`)
    try {
      const picture = await fetch(assetUrl(path, assetBase))
      if (picture.ok) await put(path, await picture.arrayBuffer())
    } catch {
      // It is shown without it too.
    }
  }
  return { id, key, address: new URL(address, site).href }
}

async function send(url: URL, method: 'POST' | 'PUT', body: BodyInit, key?: string): Promise<Response> {
  const headers = {
    'content-type': 'application/octet-stream',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  const answer = await fetch(url, { method, body, headers })
  if (answer.ok) return answer
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string } }
  throw new Error(error?.message ?? `The site answered ${answer.status}.`)
}
