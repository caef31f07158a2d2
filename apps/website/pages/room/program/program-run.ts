import { MAX_MESSAGE_BYTES, type ToLinkWorker } from './link-message.js'
import type { FromProgram, ProgramSettings, ToProgram } from './program-message.js'

export type Language = 'python' | 'javascript'

/** Connections have so long to say that they close. */
const GOODBYE_MS = 1000

/** One program in threads of its own, which end when it does: Stop works however busy it is. */
export class ProgramRun {
  private readonly main: Worker
  /** Has the connections of a program that cannot hold them itself. */
  private link: Worker | undefined

  /** Loads what the language needs. */
  constructor(
    readonly language: Language,
    site: string,
    onMessage: (message: FromProgram) => void,
  ) {
    this.main =
      language === 'python'
        ? new Worker(new URL('./python-worker.ts', import.meta.url), { type: 'module', name: 'program' })
        : new Worker(new URL('./javascript-worker.ts', import.meta.url), { type: 'module', name: 'program' })
    this.main.addEventListener('message', ({ data }: MessageEvent<FromProgram>) => onMessage(data))
    this.main.addEventListener('error', (event) =>
      onMessage({ type: 'failed', message: event.message || 'The program could not be loaded. Load the page again.' }),
    )
    if (language === 'python') this.prepare(site)
  }

  private prepare(site: string): void {
    const link = new Worker(new URL('./link-worker.ts', import.meta.url), { type: 'module', name: 'link' })
    this.link = link
    const { port1, port2 } = new MessageChannel()
    const memory = crossOriginIsolated ? new SharedArrayBuffer(12 + MAX_MESSAGE_BYTES) : undefined
    this.toLink({ type: 'open', link: port1, memory }, [port1])
    this.post({ type: 'prepare', site, link: port2, ...(memory ? { memory } : {}) }, [port2])
  }

  start(settings: ProgramSettings): void {
    this.post({ type: 'run', ...settings })
  }

  /** The robots of the program stop when its connections close. */
  stop(): void {
    this.main.terminate()
    const { link } = this
    if (!link) return
    this.toLink({ type: 'close' })
    setTimeout(() => link.terminate(), GOODBYE_MS)
  }

  private toLink(message: ToLinkWorker, transfer: Transferable[] = []): void {
    this.link?.postMessage(message, transfer)
  }

  private post(message: ToProgram, transfer: Transferable[] = []): void {
    this.main.postMessage(message, transfer)
  }
}
