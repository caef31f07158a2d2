/*
 * Scenes and animations that are uploaded to a website of Webots and shown there.
 * See docs/protocol/compat/webots-website.md.
 */

/** Path of the uploads of scenes and animations, in two requests. */
export const ANIMATION_UPLOAD_PATH = '/ajax/animation/create.php'
/** Path of the lists of scenes and animations. */
export const ANIMATION_LIST_PATH = '/ajax/animation/list.php'

/** The whole answer to the second request of an upload. */
export const ANIMATION_UPLOADED = '{"status": "uploaded"}'

/** Where a file of an upload's form is kept, by the name of its field. */
export function uploadedFilePath(field: string, fileName: string): string | undefined {
  switch (field) {
    case 'scene-file':
      return 'scene.x3d'
    case 'animation-file':
      return 'animation.json'
    case 'thumbnail-file':
      return 'thumbnail.jpg'
    case 'textures[]':
      return `textures/${fileName}`
    case 'meshes[]':
      return `meshes/${fileName}`
    default:
      return undefined
  }
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-'
const ID_LENGTH = 6
/** Numbers are unsigned and have 32 bits. */
export const LARGEST_ANIMATION_NUMBER = 4_294_967_295
/** Webots reads the number in the answer to an upload as a signed one: with a larger one it says that the upload failed. */
export const LARGEST_NEW_ANIMATION_NUMBER = 2_147_483_647

/** The six characters of an address, which do not tell how many there are. */
export function animationId(number: number): string {
  const digits = String(LARGEST_ANIMATION_NUMBER - number).padStart(10, '0')
  let rest = Number([...digits].reverse().join(''))
  let id = ''
  for (let i = 0; i < ID_LENGTH; i++) {
    id += ALPHABET[rest % ALPHABET.length]
    rest = Math.floor(rest / ALPHABET.length)
  }
  return id
}

/** The number behind six characters; undefined when they are of no number. */
export function animationNumber(id: string): number | undefined {
  if (!/^[\w-]{6}$/.test(id)) return undefined
  let value = 0
  for (let i = ID_LENGTH - 1; i >= 0; i--) value = value * ALPHABET.length + ALPHABET.indexOf(id[i]!)
  const digits = String(value).padStart(10, '0')
  const number = LARGEST_ANIMATION_NUMBER - Number([...digits].reverse().join(''))
  return digits.length === 10 && number >= 0 ? number : undefined
}

/** What a scene says of itself before its first solid. */
export interface SceneHead {
  readonly title: string
  readonly info: readonly string[]
  /** Release that wrote the scene: `R2025a`. */
  readonly version: string
}

/** Looked for line by line, as their first word: what else a scene contains cannot pass for it. */
export function readSceneHead(text: string): SceneHead {
  let title = ''
  let info: string[] = []
  let version = ''
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("<WorldInfo id='")) {
      title = attribute(line, 'title')
      info = [...attribute(line, 'info').matchAll(/"((?:\\.|[^"\\])*)"/g)].map((match) =>
        match[1]!.replace(/\\(.)/g, '$1'),
      )
    }
    version ||= /^<meta name="version" content="([^"]*)"/.exec(line)?.[1] ?? ''
  }
  return { title, info, version }
}

function attribute(line: string, name: string): string {
  return plainText(new RegExp(` ${name}='([^']*)'`).exec(line)?.[1] ?? '')
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function plainText(xml: string): string {
  return xml.replace(/&(#\d+|#x[\da-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return named[name] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}

const FRAME_TIME = /\{"time":\s*(\d+(?:\.\d+)?)/g
/** Longer than the beginning of a frame up to its time. */
const CARRIED_CHARACTERS = 64

/** Finds how long an animation is, the number after its last `{"time":`, while its bytes pass. */
export class AnimationClock {
  /** Simulated milliseconds; undefined before the first frame. */
  durationMs: number | undefined
  private carried = ''

  read(bytes: Uint8Array): void {
    const text = this.carried + new TextDecoder('latin1').decode(bytes)
    for (const match of text.matchAll(FRAME_TIME)) this.durationMs = Number(match[1])
    this.carried = text.slice(-CARRIED_CHARACTERS)
  }
}

/** A scene or an animation as lists tell it. */
export interface AnimationEntry {
  /** Its number. */
  readonly id: number
  readonly url: string
  readonly title: string
  readonly description: string
  readonly version: string
  /** Simulated milliseconds; 0 for a scene. */
  readonly duration: number
  /** Bytes. */
  readonly size: number
  readonly viewed: number
  readonly user: number
  /** `YYYY-MM-DD hh:mm:ss`, UTC. */
  readonly uploaded: string
}

const sortKeys = ['viewed', 'title', 'version', 'duration', 'size', 'uploaded'] as const

/** Sorts as a list's `sortBy` says: `title-asc`, `viewed-desc`; the newest first by default. */
export function sortAnimations(entries: readonly AnimationEntry[], sortBy: string): AnimationEntry[] {
  const [, name, direction] = /^(\w+)-(asc|desc)$/.exec(sortBy) ?? []
  const key = sortKeys.find((one) => one === name) ?? 'uploaded'
  const sign = direction === 'asc' ? 1 : -1
  return [...entries].sort((a, b) => {
    const [one, other] = [a[key], b[key]]
    const order =
      typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other))
    return sign * order || b.id - a.id
  })
}
