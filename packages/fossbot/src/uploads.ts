import { type FossbotMessage, integerOf, textOf } from './parameters.js'

/** Base64 characters of one picture; 1000 of the libraries' pieces. */
const MAX_CHARACTERS = 20_000_000

interface Upload {
  readonly pieces: Map<number, string>
  expected: number | undefined
  characters: number
  spoiled: string | undefined
}

/** Pictures on their way, one for each user: base64 in numbered pieces, then a message without one. */
export class Uploads {
  private readonly byUser = new Map<string, Upload>()

  get progress(): { readonly received: number; readonly pieces: number } | undefined {
    const [first] = this.byUser.values()
    return first && { received: first.pieces.size, pieces: first.expected ?? first.pieces.size }
  }

  add(user: string, message: FossbotMessage): void {
    const upload = this.byUser.get(user) ?? {
      pieces: new Map(),
      expected: undefined,
      characters: 0,
      spoiled: undefined,
    }
    this.byUser.set(user, upload)
    const piece = textOf(message, 'image')
    const place = integerOf(message, 'img_num')
    upload.expected = integerOf(message, 'image_size') ?? upload.expected
    if (piece === undefined || place === undefined) {
      upload.spoiled = 'a piece came without its text (image) or its number (img_num)'
      return
    }
    upload.characters += piece.length - (upload.pieces.get(place)?.length ?? 0)
    if (upload.characters > MAX_CHARACTERS) {
      upload.spoiled = `it has more than ${MAX_CHARACTERS} characters`
      upload.pieces.clear()
      return
    }
    upload.pieces.set(place, piece)
  }

  forget(user: string): void {
    this.byUser.delete(user)
  }

  clear(): void {
    this.byUser.clear()
  }

  /** The file that a user has sent, which is then forgotten; or what is wrong with it. */
  take(user: string, message: FossbotMessage): Uint8Array | Error {
    const upload = this.byUser.get(user)
    this.byUser.delete(user)
    if (!upload) return new Error('no piece of it has arrived')
    if (upload.spoiled !== undefined) return new Error(upload.spoiled)
    const count = integerOf(message, 'image_size') ?? upload.expected ?? upload.pieces.size
    const missing = Array.from({ length: Math.min(count, 10_000) }, (_, i) => i).filter((i) => !upload.pieces.has(i))
    if (missing.length > 0)
      return new Error(`${missing.length} of ${count} pieces are missing, the first is ${missing[0]}`)
    const text = [...upload.pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece)
    try {
      return Uint8Array.from(atob(text.join('')), (character) => character.charCodeAt(0))
    } catch {
      return new Error('its pieces are not base64')
    }
  }
}
