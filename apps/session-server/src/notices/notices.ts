import type { FleetEvent } from '@simyard/fleet'
import type { Logger } from '@simyard/service-host'
import { eventNotice } from './event-sentence.js'
import { Mailer, type MailSettings } from './mailer.js'
import { Webhooks } from './webhooks.js'

export interface NoticeOptions {
  readonly mail?: MailSettings
  readonly webhooks: readonly string[]
  /** Time until something that was not delivered is sent again, at first. */
  readonly firstRetryMs?: number
}

export interface PastNotice {
  readonly at: Date
  readonly text: string
}

/** So many are shown on the monitor. */
const REMEMBERED = 30

/** Tells what happens to the fleet: in the log, to the administrator, to webhooks, on the monitor. */
export class Notices {
  readonly recent: PastNotice[] = []
  private readonly mailer: Mailer | undefined
  private readonly webhooks: Webhooks
  private monitor = ''

  constructor(
    options: NoticeOptions,
    private readonly log: Logger,
  ) {
    this.mailer = options.mail && new Mailer(options.mail, log, options.firstRetryMs)
    this.webhooks = new Webhooks(options.webhooks, log, options.firstRetryMs)
  }

  /** Where people look further. */
  setMonitor(address: string): void {
    this.monitor = address
  }

  tell(event: FleetEvent): void {
    const notice = eventNotice(event)
    if (!notice) return
    const { level, text, mail } = notice
    this.log[level]('entry' in event ? { server: event.entry } : {}, text)
    const at = new Date()
    this.recent.unshift({ at, text })
    this.recent.length = Math.min(this.recent.length, REMEMBERED)
    if (mail) this.mailer?.tell(mail, text, this.monitor)
    this.webhooks.tell({ ...event, text, at: at.toISOString(), monitor: this.monitor })
  }

  /** Mails and webhooks that are not delivered yet. */
  get waiting(): { mails: number; webhooks: number } {
    return { mails: this.mailer?.waiting ?? 0, webhooks: this.webhooks.waiting }
  }

  close(): void {
    this.mailer?.close()
    this.webhooks.close()
  }
}
