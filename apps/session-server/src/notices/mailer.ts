import { type SessionMailKind, sessionMail } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import { createTransport, type Transporter } from 'nodemailer'
import { DeliveryQueue, Undeliverable } from './delivery-queue.js'

export interface MailSettings {
  readonly administrator: string
  readonly sender: string
  readonly host: string
  readonly port: number
  readonly login?: { readonly user: string; readonly pass: string }
  readonly verifyCertificate: boolean
}

interface Mail {
  readonly subject: string
  readonly text: string
  /** When it happened, however late it is delivered. */
  readonly date: Date
}

const TIMEOUT_MS = 20_000
const IMPLICIT_TLS_PORT = 465

/** Tells the administrator by mail, in the words of the original, without anybody waiting for the mail server. */
export class Mailer {
  private readonly transport: Transporter
  private readonly queue: DeliveryQueue<Mail>

  constructor(
    private readonly settings: MailSettings,
    log: Logger,
    firstRetryMs?: number,
  ) {
    const { host, port, login, verifyCertificate } = settings
    this.transport = createTransport({
      host,
      port,
      secure: port === IMPLICIT_TLS_PORT,
      // A password goes over TLS or not at all; without one, TLS is taken when it is there.
      requireTLS: login !== undefined && port !== IMPLICIT_TLS_PORT,
      auth: login,
      tls: { rejectUnauthorized: login !== undefined && verifyCertificate },
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    })
    this.queue = new DeliveryQueue({ name: 'mail', send: (mail) => this.send(mail), log, firstRetryMs })
  }

  tell(kind: SessionMailKind, sentence: string, monitor: string): void {
    this.queue.push({ subject: sessionMail.subject[kind], text: sessionMail.body(sentence, monitor), date: new Date() })
  }

  get waiting(): number {
    return this.queue.length
  }

  private async send({ subject, text, date }: Mail): Promise<void> {
    try {
      await this.transport.sendMail({
        from: sessionMail.from(this.settings.sender),
        to: sessionMail.to(this.settings.administrator),
        subject,
        text,
        date,
      })
    } catch (error) {
      const { responseCode, message } = error as Error & { responseCode?: number }
      // 5xx is the mail server's last word.
      if (responseCode !== undefined && responseCode >= 500) throw new Undeliverable(message)
      throw error
    }
  }

  close(): void {
    this.queue.close()
    this.transport.close()
  }
}
