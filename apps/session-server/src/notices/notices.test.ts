import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { FleetEvent } from '@simyard/fleet'
import type { Logger } from '@simyard/service-host'
import { generate } from 'selfsigned'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test, vi } from 'vitest'
import { DeliveryQueue } from './delivery-queue.js'
import type { MailSettings } from './mailer.js'
import { type NoticeOptions, Notices } from './notices.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const said: string[] = []
const say = (...words: unknown[]) => said.push(String(words.at(-1)))
const log = { info: say, warn: say, error: say } as unknown as Logger

interface Received {
  readonly text: string
  readonly from: string
  readonly to: string[]
  readonly user?: string
  readonly secure: boolean
}

/** A real SMTP server that keeps what it gets. */
async function mailServer(port: number, options: SMTPServerOptions = {}): Promise<{ port: number; mails: Received[] }> {
  const mails: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    ...options,
    onData(stream, session, done) {
      let text = ''
      stream.on('data', (chunk: Buffer) => {
        text += chunk
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          text,
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
        })
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  closers.push(() => new Promise<void>((resolve) => server.close(resolve)))
  return { port: (server.server.address() as AddressInfo).port, mails }
}

/** A port where nothing listens, now. */
async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function open(options: Partial<NoticeOptions>): Notices {
  const notices = new Notices({ webhooks: [], firstRetryMs: 20, ...options }, log)
  notices.setMonitor('http://robots.example:1999/monitor')
  closers.push(() => notices.close())
  said.length = 0
  return notices
}

const settings = (port: number, more: Partial<MailSettings> = {}): MailSettings => ({
  administrator: 'admin@robots.example',
  sender: 'simulations@robots.example',
  host: '127.0.0.1',
  port,
  verifyCertificate: true,
  ...more,
})

const silent: FleetEvent = { type: 'node-silent', entry: 'n:2000', reason: 'nothing listens on its port' }

test.each<[FleetEvent, string, RegExp]>([
  [silent, 'Simulation server not responding', /n:2000 is not responding/],
  [
    { type: 'node-answers', entry: 'n:2000', load: 12.34, first: false },
    'Simulation server working again',
    /n:2000 is up and running again \(load 12\.3%\)/,
  ],
  [{ type: 'node-full', entry: 'n:2000', load: 96 }, 'Simulation server reached maximum load', /n:2000 .*96%/],
  [{ type: 'node-free', entry: 'n:2000', load: 50 }, 'Simulation server available again', /n:2000 .*50%/],
])('a mail as the original writes it: $0.type', async (event, subject, sentence) => {
  const { port, mails } = await mailServer(0)
  open({ mail: settings(port) }).tell(event)
  await vi.waitFor(() => expect(mails).toHaveLength(1))
  const { text, from, to } = mails[0]!
  expect([from, to]).toEqual(['simulations@robots.example', ['admin@robots.example']])
  const [head, ...rest] = text.split('\r\n\r\n')
  expect(head).toContain('From: Simulation Server <simulations@robots.example>\r\n')
  expect(head).toContain('To: Administrator <admin@robots.example>\r\n')
  expect(head).toContain(`Subject: ${subject}\r\n`)
  expect(head).toContain('Content-Type: text/plain')
  // Lines longer than 76 characters are folded on the way.
  const body = rest.join('\r\n\r\n').replace(/=\r\n/g, '')
  expect(body).toMatch(/^Hello,\r\n\r\n/)
  expect(body).toMatch(sentence)
  expect(body).toMatch(/\r\nCheck it at http:\/\/robots\.example:1999\/monitor\r\n\r\n-Simulation Server\r\n$/)
})

test('what is no news for the administrator is not mailed', async () => {
  const { port, mails } = await mailServer(0)
  const notices = open({ mail: settings(port) })
  notices.tell({ type: 'node-answers', entry: 'n:2000', load: 1, first: true })
  notices.tell({ type: 'node-registered', entry: 'n:2000', epoch: 1, replaced: false })
  notices.tell({ type: 'reservation-lapsed', entry: 'n:2000', count: 1 })
  notices.tell(silent)
  await vi.waitFor(() => expect(mails).toHaveLength(1))
  expect(notices.recent.map(({ text }) => text)).toHaveLength(3)
})

test('a mail server that is down gets its mails, in order, when it comes back', async () => {
  const port = await freePort()
  const notices = open({ mail: settings(port) })
  notices.tell(silent)
  notices.tell({ type: 'node-answers', entry: 'n:2000', load: 1, first: false })
  await vi.waitFor(() => expect(said.join('\n')).toContain('tried again later'))
  expect(notices.waiting.mails).toBe(2)
  const { mails } = await mailServer(port)
  await vi.waitFor(() => expect(mails).toHaveLength(2), { timeout: 5000 })
  expect(mails.map(({ text }) => /Subject: (.*)\r/.exec(text)![1])).toEqual([
    'Simulation server not responding',
    'Simulation server working again',
  ])
  await vi.waitFor(() => expect(notices.waiting.mails).toBe(0))
})

async function tlsServer(more: SMTPServerOptions = {}) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'mail.example' }], { keyType: 'ec' })
  return mailServer(0, {
    cert,
    key,
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      password === 'the secret' ? done(null, { user: username }) : done(new Error('wrong password')),
    ...more,
  })
}
const login = { user: 'mailer', pass: 'the secret' }

test('with a password the mail goes over TLS, after a login', async () => {
  const { port, mails } = await tlsServer()
  open({ mail: settings(port, { login, verifyCertificate: false }) }).tell(silent)
  await vi.waitFor(() => expect(mails).toHaveLength(1))
  expect(mails[0]).toMatchObject({ user: 'mailer', secure: true })
})

test('the password is not sent to a server with a certificate of its own making', async () => {
  const { port, mails } = await tlsServer()
  const notices = open({ mail: settings(port, { login }) })
  notices.tell(silent)
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/self.signed certificate/i))
  expect(mails).toEqual([])
})

test('the password is not sent without TLS', async () => {
  let asked = false
  const { port, mails } = await tlsServer({
    hideSTARTTLS: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => {
      asked = true
      done(null, { user: 'x' })
    },
  })
  open({ mail: settings(port, { login, verifyCertificate: false }) }).tell(silent)
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/given up: .*STARTTLS/))
  expect([mails, asked]).toEqual([[], false])
})

test('a refusal for good is given up and does not hold back the next mail', async () => {
  const { port, mails } = await mailServer(0, {
    onRcptTo({ address }, _session, done) {
      done(address.startsWith('admin') ? Object.assign(new Error('no such person'), { responseCode: 550 }) : null)
    },
  })
  open({ mail: settings(port) }).tell(silent)
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/mail: given up: .*no such person/))
  expect(mails).toEqual([])
})

test('a webhook gets each event as JSON, again after a failure, and only once when it refuses', async () => {
  const bodies: unknown[] = []
  const answers = [503, 200, 400, 200]
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk
    })
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      response.statusCode = answers[bodies.length - 1] ?? 200
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const notices = open({ webhooks: [`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`] })
  notices.tell(silent)
  notices.tell({ type: 'node-full', entry: 'n:2000', load: 99 })
  notices.tell({ type: 'node-ordered', entry: 'n:2000', order: 'drain' })
  await vi.waitFor(() => expect(bodies).toHaveLength(4))
  expect(bodies.map((body) => (body as { type: string }).type)).toEqual([
    'node-silent',
    'node-silent',
    'node-full',
    'node-ordered',
  ])
  expect(bodies[0]).toMatchObject({
    entry: 'n:2000',
    reason: 'nothing listens on its port',
    text: expect.stringContaining('is not responding'),
    monitor: 'http://robots.example:1999/monitor',
  })
  await vi.waitFor(() => expect(notices.waiting.webhooks).toBe(0))
})

test('what waits for a receiver that stays away is bounded; the newest are kept', async () => {
  let away = true
  const sent: number[] = []
  const queue = new DeliveryQueue<number>({
    name: 'test',
    log,
    firstRetryMs: 10,
    send: async (item) => {
      if (away) throw new Error('away')
      sent.push(item)
    },
  })
  for (let number = 0; number < 1000; number++) queue.push(number)
  expect(queue.length).toBe(200)
  away = false
  await vi.waitFor(() => expect(queue.length).toBe(0))
  expect([sent.length, sent[0], sent.at(-1)]).toEqual([200, 0, 999])
  queue.close()
})
