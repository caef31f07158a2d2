import type { Logger } from './logger.js'

/** Ends of parts, run once in reverse order of opening, however often it is asked. */
export class ShutdownStack {
  private readonly closers: { name: string; close: () => unknown }[] = []
  private closing: Promise<void> | undefined

  constructor(private readonly log: Logger) {}

  add(name: string, close: () => unknown): void {
    this.closers.push({ name, close })
  }

  close(): Promise<void> {
    this.closing ??= this.run()
    return this.closing
  }

  private async run(): Promise<void> {
    for (const { name, close } of this.closers.reverse()) {
      try {
        await close()
      } catch (error) {
        this.log.error({ err: error }, `${name} did not close cleanly`)
      }
    }
  }
}

/** The first signal closes gently, a second one at once; what runs in sandboxes ends with the process. */
export function onShutdownSignal(close: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => Promise<void>): void {
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130)
      asked = true
      close(signal).then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
}
