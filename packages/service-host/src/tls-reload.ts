import { readFileSync } from 'node:fs'
import type { Logger } from './logger.js'
import { checkTlsPair, expiryWarning, type TlsFiles, type TlsPair } from './tls.js'

const LOOK_INTERVAL_MS = 2000

/**
 * Looks at the files of a certificate and hands over each new pair that is whole. The contents are compared, not the
 * times: tools that renew certificates replace links or whole folders.
 */
export class TlsReload {
  private readonly timer: NodeJS.Timeout
  private refused = ''
  private refusedTold = false
  private warned: string | undefined

  constructor(
    private readonly files: TlsFiles,
    private served: TlsPair,
    private readonly log: Logger | undefined,
    private readonly take: (pair: TlsPair) => void,
    intervalMs = LOOK_INTERVAL_MS,
  ) {
    this.warn()
    this.timer = setInterval(() => this.look(), intervalMs)
    this.timer.unref()
  }

  private look(): void {
    let cert = ''
    let key = ''
    try {
      cert = readFileSync(this.files.certificate, 'utf8')
      key = readFileSync(this.files.key, 'utf8')
      if (cert !== this.served.cert || key !== this.served.key) {
        this.served = checkTlsPair(this.files, cert, key)
        this.take(this.served)
        this.log?.info('The new certificate is in use.')
      }
      this.refused = ''
      this.refusedTold = false
    } catch (error) {
      this.refuse(`${cert}\n${key}`, error as Error)
    }
    this.warn()
  }

  /** Between writing the one file and the other the two do not match: only a pair that stays is told, once. */
  private refuse(pair: string, error: Error): void {
    if (pair !== this.refused) {
      this.refused = pair
      this.refusedTold = false
      return
    }
    if (this.refusedTold) return
    this.refusedTold = true
    this.log?.error(`The old certificate stays in use. ${error.message}`)
  }

  private warn(): void {
    const warning = expiryWarning(this.served.expires, new Date())
    if (warning !== undefined && warning !== this.warned) this.log?.warn(warning)
    this.warned = warning
  }

  close(): void {
    clearInterval(this.timer)
  }
}
