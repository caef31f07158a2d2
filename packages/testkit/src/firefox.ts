import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Browser } from 'puppeteer-core'

const PATHS = ['/usr/bin/firefox-esr', '/usr/bin/firefox']
const SCREEN = '/usr/bin/Xvfb'

const firefoxPath = PATHS.find((path) => existsSync(path))

/** Why tests in Firefox cannot run here; undefined when they can. */
export const firefoxProblem = !firefoxPath
  ? 'no Firefox (Debian: apt install firefox-esr)'
  : !existsSync(SCREEN)
    ? 'no Xvfb (Debian: apt install xvfb)'
    : undefined

export interface FirefoxOptions {
  /** The folder into which what a page lets it save goes without a question. */
  readonly downloads?: string
}

export interface RunningFirefox {
  readonly browser: Browser
  close(): Promise<void>
}

/**
 * A real Firefox, spoken to over WebDriver BiDi, that draws WebGL in software. It has a screen of its own: without one
 * Debian's Firefox finds no driver for WebGL.
 */
export async function launchFirefox({ downloads }: FirefoxOptions = {}): Promise<RunningFirefox> {
  const screen = await openScreen()
  try {
    const { default: puppeteer } = await import('puppeteer-core')
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefoxPath,
      headless: false,
      env: { ...process.env, DISPLAY: screen.display, LIBGL_ALWAYS_SOFTWARE: '1', GDK_BACKEND: 'x11' },
      extraPrefsFirefox: {
        'webgl.disabled': false,
        'webgl.force-enabled': true,
        'ui.prefersReducedMotion': 1,
        ...(downloads === undefined ? {} : downloadsTo(downloads)),
      },
    })
    return {
      browser,
      async close() {
        await browser.close()
        await screen.close()
      },
    }
  } catch (error) {
    await screen.close()
    throw error
  }
}

const downloadsTo = (folder: string) => ({
  'browser.download.folderList': 2,
  'browser.download.dir': folder,
  'browser.download.useDownloadDir': true,
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.download.alwaysOpenPanel': false,
})

interface Screen {
  /** `:3` */
  readonly display: string
  close(): Promise<void>
}

/** A screen in memory; Xvfb looks for a free number itself and writes it to descriptor 3. */
async function openScreen(): Promise<Screen> {
  const child: ChildProcess = spawn(SCREEN, ['-displayfd', '3', '-screen', '0', '1366x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  const number = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdio[3]!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('\n')) resolve(text.trim())
    })
    child.once('error', reject)
    void exited.then(() => reject(new Error(`Xvfb ended before it had a screen: ${complaint}`)))
  })
  return {
    display: `:${number}`,
    async close() {
      child.kill()
      await exited
    },
  }
}
