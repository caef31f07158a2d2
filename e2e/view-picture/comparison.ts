import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import { decode, encode } from 'fast-png'
import pixelmatch from 'pixelmatch'

const references = join(repositoryRoot, 'e2e/view-picture/references')
const writing = process.env.SIMYARD_NEW_PICTURES === '1'

/** Another release of the software renderer rounds differently; a robot that is missing is more than this. */
const MOST = { mean: 1.5, share: 0.003 }

export interface Difference {
  /** Of all pixels and channels: steps of 255. */
  readonly mean: number
  /** Pixels whose colour is plainly another one, edges that are drawn smoother not counted: 0 to 1. */
  readonly share: number
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

function pictureOf(png: Uint8Array): Picture {
  const { width, height, channels, data } = decode(png)
  if (channels < 3) throw new Error(`A picture of ${channels} channels has no colours to compare.`)
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < channels; channel++) rgba[pixel * 4 + channel] = data[pixel * channels + channel]!
  return { width, height, rgba }
}

/** How two pictures differ, and a picture of that. */
function compare(seen: Picture, wanted: Picture): { difference: Difference; shown: Uint8Array } {
  const { width, height } = wanted
  if (seen.width !== width || seen.height !== height)
    throw new Error(`The picture has ${seen.width} × ${seen.height} pixels instead of ${width} × ${height}.`)
  const data = new Uint8Array(width * height * 4)
  const other = pixelmatch(seen.rgba, wanted.rgba, data, width, height, { threshold: 0.1 })
  let sum = 0
  for (let at = 0; at < wanted.rgba.length; at++) sum += Math.abs(seen.rgba[at]! - wanted.rgba[at]!)
  const difference = { mean: sum / (width * height * 3), share: other / (width * height) }
  return { difference, shown: encode({ width, height, channels: 4, depth: 8, data }) }
}

/** Whether a picture would pass for the one that is kept under a name. */
export function passesFor(name: string, png: Uint8Array): boolean {
  const { mean, share } = compare(pictureOf(png), pictureOf(readFileSync(join(references, `${name}.png`)))).difference
  return mean <= MOST.mean && share <= MOST.share
}

/**
 * Fails when a picture is not the one that is kept under its name; what was seen, and how it differs, are files then.
 * SIMYARD_NEW_PICTURES=1 keeps it instead.
 */
export function expectPicture(name: string, png: Uint8Array): void {
  const kept = join(references, `${name}.png`)
  if (writing) {
    mkdirSync(references, { recursive: true })
    writeFileSync(kept, png)
    return
  }
  if (!existsSync(kept)) throw new Error(`There is no ${kept}; SIMYARD_NEW_PICTURES=1 writes it.`)
  const { difference, shown } = compare(pictureOf(png), pictureOf(readFileSync(kept)))
  if (difference.mean <= MOST.mean && difference.share <= MOST.share) return
  const folder = join(tmpdir(), 'simyard-pictures')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.png`), png)
  writeFileSync(join(folder, `${name}-difference.png`), shown)
  throw new Error(
    `The picture ${name} is another one: ${difference.mean.toFixed(2)} of 255 on average (at most ${MOST.mean}), ` +
      `${(difference.share * 100).toFixed(2)} % of the pixels differ plainly (at most ${MOST.share * 100} %). ` +
      `It is ${join(folder, `${name}.png`)}, the difference ${join(folder, `${name}-difference.png`)}; it should be ${kept}. ` +
      'When it is meant to look so, write it anew: SIMYARD_NEW_PICTURES=1 npx vitest run --project e2e view-pictures',
  )
}
