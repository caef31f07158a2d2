import { type ColorSpace, DataTexture, SRGBColorSpace, type Texture, TextureLoader } from 'three'
import { type AssetBase, assetUrl } from './asset-url.js'
import { strings } from './attribute.js'

/** Loads each picture once and hands out copies, because each use has its own transform. */
export class TextureCache {
  private readonly loader = new TextureLoader()
  private readonly pending = new Map<string, Promise<Texture>>()
  private disposed = false

  constructor(
    private readonly base: AssetBase,
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
      // The browser's console names the address. It may come about later.
      .catch(() => {
        this.pending.delete(address)
        if (this.disposed || strings(element, 'url')[0] !== url || colorSpace !== SRGBColorSpace) return
        use(missingPicture())
        this.onLoaded()
      })
  }

  dispose(): void {
    this.disposed = true
    for (const picture of this.pending.values()) picture.then((texture) => texture.dispose()).catch(() => undefined)
    this.pending.clear()
  }
}

/** Light and dark grey squares: a picture belongs here, and could not be loaded. */
function missingPicture(): Texture {
  const [light, dark] = [
    [225, 225, 225, 255],
    [170, 170, 170, 255],
  ]
  const texture = new DataTexture(new Uint8Array([light, dark, dark, light].flat() as number[]), 2, 2)
  texture.colorSpace = SRGBColorSpace
  texture.name = 'missing picture'
  texture.needsUpdate = true
  return texture
}
