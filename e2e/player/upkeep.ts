import type { CDPSession, Page } from 'playwright-core'

/** What a page holds after everything that nobody needs was thrown away. */
export interface Upkeep {
  readonly heapBytes: number
  /** Of all documents, in the tree or not. */
  readonly nodes: number
  readonly listeners: number
  /** Contexts of WebGL that are not lost. */
  readonly contexts: number
  /** Buffers, textures, programs and so on in them. */
  readonly graphics: Readonly<Record<string, number>>
}

/** Runs before the page's scripts: counts what is made and deleted on the graphics card. */
export const countGraphics = `(() => {
  const contexts = []
  const countsOf = new WeakMap()
  const deleted = new WeakSet()
  const counts = (gl) => {
    let found = countsOf.get(gl)
    if (!found) {
      found = {}
      countsOf.set(gl, found)
      contexts.push(new WeakRef(gl))
    }
    return found
  }
  const proto = WebGL2RenderingContext.prototype
  for (const kind of ['Buffer', 'Texture', 'Program', 'Shader', 'Framebuffer', 'Renderbuffer', 'VertexArray', 'Sampler', 'Query']) {
    const create = proto['create' + kind]
    const remove = proto['delete' + kind]
    proto['create' + kind] = function (...all) {
      const made = create.apply(this, all)
      if (made) counts(this)[kind] = (counts(this)[kind] ?? 0) + 1
      return made
    }
    proto['delete' + kind] = function (one) {
      if (one && !deleted.has(one)) {
        deleted.add(one)
        counts(this)[kind]--
      }
      return remove.call(this, one)
    }
  }
  window.graphics = () => {
    const sum = {}
    let alive = 0
    for (const reference of contexts) {
      const gl = reference.deref()
      if (!gl || gl.isContextLost()) continue
      alive++
      for (const [kind, count] of Object.entries(countsOf.get(gl))) sum[kind] = (sum[kind] ?? 0) + count
    }
    return { contexts: alive, graphics: sum }
  }
})()`

export class UpkeepMeter {
  private constructor(
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  static async attach(page: Page): Promise<UpkeepMeter> {
    const session = await page.context().newCDPSession(page)
    await session.send('HeapProfiler.enable')
    return new UpkeepMeter(page, session)
  }

  async measure(): Promise<Upkeep> {
    // What is freed by the first may hold what is freed by the second.
    for (let i = 0; i < 3; i++) await this.session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.session.send('Runtime.getHeapUsage')
    const { nodes, jsEventListeners } = await this.session.send('Memory.getDOMCounters')
    const graphics = (await this.page.evaluate('graphics()')) as Pick<Upkeep, 'contexts' | 'graphics'>
    return { heapBytes: usedSize, nodes, listeners: jsEventListeners, ...graphics }
  }
}
