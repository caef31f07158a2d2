import type { Logger } from '@simyard/service-host'
import { type OpenSandbox, openSandbox, type SandboxOptions, type SandboxReport } from './open-sandbox.js'
import { type SelfTestReport, selfTest } from './self-test.js'

/** The sandbox of a server, with what its own attempts to break out have shown. */
export class TestedSandbox {
  readonly opened: OpenSandbox
  /** Undefined until it has run. */
  tested: SelfTestReport | undefined
  private testing: Promise<SelfTestReport> | undefined
  private readonly timer: NodeJS.Timeout

  constructor(
    options: SandboxOptions,
    delayMs: number,
    private readonly log: Logger,
  ) {
    this.opened = openSandbox(options)
    const { driver, safe, message } = this.opened.report
    log.info({ driver, safe }, message)
    this.timer = setTimeout(() => void this.test(), delayMs).unref()
  }

  /** Whether programs are confined, as far as it is known: a self-test that failed counts. */
  get report(): SandboxReport {
    const { report } = this.opened
    return this.tested && !this.tested.safe && report.safe
      ? { ...report, safe: false, message: this.tested.summary }
      : report
  }

  /** Tries to break out, once; resolves when that is done. */
  test(): Promise<SelfTestReport> {
    this.testing ??= selfTest(this.opened).then((tested) => {
      this.tested = tested
      const { durationMs, summary } = tested
      if (tested.safe || this.opened.report.driver === 'none') this.log.info({ durationMs }, summary)
      else this.log.error({ durationMs }, summary)
      return tested
    })
    return this.testing
  }

  close(): void {
    clearTimeout(this.timer)
  }
}
