import { type ColorSpace, type Texture, TextureLoader } from 'three'
import { assetUrl } from './asset-url.js'
import { strings } from './attribute.js'

/** Loads each picture once and hands out copies, because each use has its own transform. */
export class TextureCache {
  private readonly loader = new TextureLoader()
  private readonly pending = new Map<string, Promise<Texture>>()
  private disposed = false

  constructor(
    private readonly base: string,
    private readonly onLoaded: () => void,
  ) {
    this.loader.setCrossOrigin('anonymous')
  }

  /** Uses nothing when the element names no picture. Of several pictures that it names in turn the newest is used. */
  load(element: Element, colorSpace: ColorSpace, use: (texture: Texture | undefined) => void): void {
    const url = strings(element, 'url')[0]
    if (url === undefined) return use(undefined)
    const address = assetUrl(url, this.base)
    let picture = this.pending.get(address)
    if (!picture) {
      picture = this.loader.loadAsync(address)
      this.pending.set(address, picture)
    }
    picture
      .then((texture) => {
        if (this.disposed || strings(element, 'url')[0] !== url) return
        const copy = texture.clone()
        copy.colorSpace = colorSpace
        use(copy)
        copy.needsUpdate = true
        this.onLoaded()
      })
      // A missing picture leaves the plain colour; the browser's console names the address. It may come about later.
      .catch(() => this.pending.delete(address))
  }

  dispose(): void {
    this.disposed = true
    for (const picture of this.pending.values()) picture.then((texture) => texture.dispose()).catch(() => undefined)
    this.pending.clear()
  }
}
