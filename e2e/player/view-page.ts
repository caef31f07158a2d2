import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { RunningSimyard } from '@simyard/testkit'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A picture that is drawn in software, on a machine that others use too. */
export const PICTURE = { timeout: 120_000 }
/** For tests with many of them. */
export const LONG = { timeout: 300_000 }

/** What is drawn in software is not what most tests are about: few pixels, and one small shader for all of them. */
export const PLAIN_QUALITY = JSON.stringify({
  materials: 'simple',
  shadows: false,
  ambientOcclusion: 'off',
  pixelRatioCap: 0.25,
  exposure: 1,
  automatic: false,
})

export const sessionOf = (simyard: RunningSimyard, world: string) =>
  `${simyard.address}/session?url=${simyard.address}/projects/${world}`

/** A page of the server's own host with a view in it; every error of the page is remembered. */
export class ViewPage {
  readonly errors: string[] = []
  /** Addresses of the streams that were opened. */
  readonly streams: string[] = []
  /** What the server says of its own on them, beside Webots' words. */
  readonly events: { readonly type: string; readonly [name: string]: unknown }[] = []

  private constructor(
    readonly page: Page,
    readonly address: string,
  ) {}

  static async open(
    browser: Browser,
    simyard: RunningSimyard,
    body: string,
    {
      path = 'own-page.html',
      pixelRatio = 0.25,
      ...options
    }: BrowserContextOptions & { readonly path?: string; readonly pixelRatio?: number } = {},
  ): Promise<ViewPage> {
    const page = await browser.newPage({ viewport: { width: 1000, height: 600 }, ...options })
    const address = `${simyard.address}/${path}`
    const view = new ViewPage(page, address)
    page.on('pageerror', (error) => view.errors.push(error.message))
    page.on('websocket', (socket) => {
      if (socket.url().endsWith('/client')) return
      view.streams.push(socket.url())
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string' && payload.startsWith('simyard:'))
          view.events.push(JSON.parse(payload.slice(8)))
      })
    })
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title></head>
<body style="margin: 0"><main>${body}</main>
<script type="module">
import '/view/simyard-view.js'
for (const view of document.querySelectorAll('simyard-view'))
  view.quality = { ...${PLAIN_QUALITY}, pixelRatioCap: ${pixelRatio} }
</script></body></html>`
    await page.route(address, (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }))
    await page.goto(address)
    return view
  }

  /** Waits until the first view has a picture and is in a state. */
  async shown(state = 'paused'): Promise<void> {
    const said = () => this.ask<string>(`view.state + ': ' + view.shadowRoot.querySelector('.start').textContent`)
    const shown = this.page.locator(`simyard-view[data-state="${state}"][data-picture]`).first()
    await shown.waitFor(PICTURE).catch(async (cause: unknown) => {
      throw new Error(`The view is ${await said()}`, { cause })
    })
  }

  /** A value of an expression in which the first view is `view`. */
  ask<T>(expression: string): Promise<T> {
    return this.page.evaluate(
      `(async () => { const view = document.querySelector('simyard-view'); return ${expression} })()`,
    ) as Promise<T>
  }

  /** Waits until the expression holds; with each picture it is looked at again. */
  async until(expression: string): Promise<void> {
    await this.page.waitForFunction(
      `(() => { const view = document.querySelector('simyard-view'); return ${expression} })()`,
      undefined,
      PICTURE,
    )
  }

  /** Name of what has the focus, in the view too; empty when nothing has. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      let one = document.activeElement
      while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
      if (!one || one === document.body) return ''
      return one.getAttribute('aria-label') ?? one.textContent ?? ''
    })
  }

  /** Serious and critical findings, one line each. */
  async findings(): Promise<string[]> {
    if (!(await this.page.evaluate('typeof axe !== "undefined"'))) await this.page.evaluate(axeSource)
    const violations = (await this.page.evaluate(
      "axe.run({ resultTypes: ['violations'] }).then((result) => result.violations)",
    )) as {
      id: string
      impact: string
      nodes: { target: string[]; failureSummary?: string }[]
    }[]
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
  }

  close(): Promise<void> {
    return this.page.close()
  }
}

/** A copy of a project with other files, for this test alone. Returns its id. */
export async function copyProject(
  simyard: RunningSimyard,
  from: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const reply = await fetch(`${simyard.address}/api/v1/projects`, {
    method: 'POST',
    body: JSON.stringify({ from }),
    headers: { 'content-type': 'application/json' },
  })
  const { id, key } = (await reply.json()) as { id: string; key: string }
  for (const [path, content] of Object.entries(files)) {
    const put = await fetch(`${simyard.address}/api/v1/projects/${id}/files/${path}`, {
      method: 'PUT',
      body: content,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' },
    })
    if (!put.ok) throw new Error(`${path}: ${await put.text()}`)
  }
  return id
}
