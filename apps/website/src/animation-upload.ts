import { type ExhibitDescription, type ExhibitDraft, exhibitLimits } from '@simyard/projects'
import { AnimationClock, readSceneHead, SimyardError, uploadedFilePath } from '@simyard/protocol'
import { ANIMATION, checkAssetName, checkJpeg, SCENE, THUMBNAIL } from './exhibit-file.js'
import type { UploadedFile } from './upload-form.js'

const MOST_TITLE = 200
const MOST_LINES = 40
const MOST_LINE = 500

/** The files of a scene or an animation of Webots on their way into a draft, and what they say of themselves. */
export class AnimationUpload {
  private readonly clock = new AnimationClock()
  private scene: string | undefined
  private animated = false

  constructor(private readonly draft: ExhibitDraft) {}

  async take({ field, name, content }: UploadedFile): Promise<void> {
    if (name === '') return drain(content)
    const path = uploadedFilePath(field, name)
    if (path === undefined) {
      const known = 'scene-file, animation-file, thumbnail-file, textures[] and meshes[]'
      throw invalid(`The form has a file ${JSON.stringify(field.slice(0, 80))}; files are ${known}.`)
    }
    switch (path) {
      case SCENE:
        this.scene = await this.takeScene(content)
        return
      case ANIMATION:
        await this.takeAnimation(content)
        return
      case THUMBNAIL:
        await this.draft.put(path, startingWith(content, 3, checkJpeg), exhibitLimits.thumbnailBytes)
        return
      default:
        checkAssetName(name, field.startsWith('texture') ? 'texture' : 'mesh')
        await this.draft.put(path, content, exhibitLimits.assetBytes)
    }
  }

  describe(): ExhibitDescription {
    if (this.scene === undefined) throw invalid('The form has no scene-file.')
    return {
      kind: this.animated ? 'animation' : 'scene',
      ...describeScene(this.scene),
      durationMs: this.animated ? this.clock.durationMs! : 0,
    }
  }

  private async takeScene(content: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = []
    await this.draft.put(
      SCENE,
      passing(content, (chunk) => chunks.push(chunk)),
      exhibitLimits.sceneBytes,
    )
    const text = Buffer.concat(chunks).toString()
    if (!/^\s*(<\?xml|<!DOCTYPE|<X3D)/.test(text) || !/<Scene[\s>]/.test(text))
      throw invalid('scene-file is no X3D scene.')
    return text
  }

  private async takeAnimation(content: AsyncIterable<Uint8Array>): Promise<void> {
    const checked = startingWith(content, 64, (start) => {
      if (!/^\s*\{\s*"/.test(Buffer.from(start).toString('latin1'))) throw invalid('animation-file is no JSON object.')
    })
    await this.draft.put(
      ANIMATION,
      passing(checked, (chunk) => this.clock.read(chunk)),
      exhibitLimits.animationBytes,
    )
    if (this.clock.durationMs === undefined) throw invalid('animation-file has no frame.')
    this.animated = true
  }
}

/** What a scene's text says of its world, within bounds. */
export function describeScene(text: string): Pick<ExhibitDescription, 'title' | 'info' | 'version'> {
  const { title, info, version } = readSceneHead(text)
  return {
    title: title.slice(0, MOST_TITLE),
    info: info.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_LINE)),
    version: /^R\d{4}[a-z]?/.exec(version)?.[0] ?? '',
  }
}

async function* passing(
  content: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    look(chunk)
    yield chunk
  }
}

/** `check` sees so many bytes before any is passed on, or all when there are fewer. */
async function* startingWith(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
  check: (start: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array()
  let checked = false
  for await (const chunk of content) {
    if (checked) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    if (start.length < bytes) continue
    check(start)
    checked = true
    yield start
  }
  if (checked) return
  check(start)
  yield start
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of content) {
    if (chunk.length > 0) throw invalid('The form has a file without a name.')
  }
}

function invalid(message: string): SimyardError {
  return new SimyardError('EXHIBIT_INVALID', message)
}
