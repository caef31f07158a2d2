import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromiumPath = PATHS.find((path) => existsSync(path))

/** Why browser tests cannot run here; undefined when they can. */
export const chromiumProblem = chromiumPath ? undefined : 'no Chromium (Debian: apt install chromium)'

/** A page that others beside it slow down; a limit that is not reached costs nothing. */
const PATIENCE_MS = 90_000

/** Everything but WebGL is drawn without the graphics card that is imitated: that takes half of the time. */
const PLAIN_PAGES = ['--disable-gpu-compositing', '--disable-gpu-rasterization']

/**
 * A real Chromium that draws WebGL in software. Its pages wait long for what is to come. `likeVisitors`: it puts its pages
 * together as theirs does, for figures of how long that takes.
 */
export async function launchChromium(
  args: readonly string[] = [],
  { likeVisitors = false }: { readonly likeVisitors?: boolean } = {},
): Promise<Browser> {
  // It takes half a second to read, which most tests need not.
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-unsafe-swiftshader',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--ignore-gpu-blocklist',
      ...(likeVisitors ? [] : PLAIN_PAGES),
      ...args,
    ],
  })
  const newContext = browser.newContext.bind(browser)
  // A page that is opened by itself has one of its own, too.
  browser.newContext = async (options) => {
    const context = await newContext(options)
    context.setDefaultTimeout(PATIENCE_MS)
    return context
  }
  return browser
}
