import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type HttpPart, sendText } from './http-part.js'
import { type Listening, listen } from './listen.js'
import type { Logger } from './logger.js'

const part: HttpPart = {
  handle: (_request, response) => sendText(response, 200, 'hello'),
  upgrade: (_request, socket) => socket.destroy(),
  close: async () => {},
}

let folder: string
let files: { certificate: string; key: string }
let listening: Listening | undefined
const said: string[] = []
const log = {
  info: (text: string) => said.push(`info ${text}`),
  warn: (text: string) => said.push(`warn ${text}`),
  error: (text: string) => said.push(`error ${text}`),
} as unknown as Logger

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-tls-'))
  files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  said.length = 0
})
afterEach(async () => {
  await listening?.close()
  listening = undefined
  rmSync(folder, { recursive: true, force: true })
})

const DAY_MS = 86_400_000
async function certificate(commonName: string, days = 90): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() - 100 * DAY_MS),
    notAfterDate: new Date(Date.now() + days * DAY_MS),
  })
  return { cert, key }
}

function write(pair: { cert: string; key: string }): void {
  writeFileSync(files.certificate, pair.cert)
  writeFileSync(files.key, pair.key)
}

const open = async () => {
  listening = await listen(part, { host: '127.0.0.1', port: 0, tls: files, log, tlsLookIntervalMs: 20 })
  return listening.port
}

/** The name in the certificate that the port shows now. */
function shownName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.end()
    })
    socket.once('error', reject)
  })
}

test('a new certificate is taken while the server runs; one that does not match its key is not', async () => {
  write(await certificate('first.example'))
  const port = await open()
  expect(await shownName(port)).toBe('first.example')
  writeFileSync(files.certificate, (await certificate('stranger.example')).cert)
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/error .*does not belong/))
  expect(await shownName(port)).toBe('first.example')
  write(await certificate('second.example'))
  await vi.waitFor(async () => expect(await shownName(port)).toBe('second.example'))
  expect(said.filter((text) => text.startsWith('error'))).toHaveLength(1)
})

test('files that vanish leave the old certificate in use', async () => {
  write(await certificate('first.example'))
  const port = await open()
  rmSync(files.key)
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/error The old certificate stays/))
  expect(await shownName(port)).toBe('first.example')
})

test.each([
  [-1, /warn The certificate expired on/],
  [13, /warn The certificate expires on/],
])('a certificate that ends in %d days is told', async (days, pattern) => {
  write(await certificate('old.example', days))
  const port = await open()
  expect(said.join('\n')).toMatch(pattern)
  expect(await shownName(port)).toBe('old.example')
})

test('a certificate with time left is not told', async () => {
  write(await certificate('fresh.example', 15))
  await open()
  expect(said).toEqual([])
})

test('a key of another certificate is refused at start', async () => {
  write({ cert: (await certificate('a.example')).cert, key: (await certificate('b.example')).key })
  await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('key.pem') })
})

test('a missing certificate is refused at start', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('cert.pem') })
})

test('without a host it listens on every address', async () => {
  listening = await listen(part, { port: 0 })
  expect(await (await fetch(`http://127.0.0.1:${listening.port}`)).text()).toBe('hello')
  expect(['::', '0.0.0.0']).toContain(listening.host)
})

test('a port that is taken is told with the way out', async () => {
  listening = await listen(part, { host: '127.0.0.1', port: 0 })
  await expect(listen(part, { host: '127.0.0.1', port: listening.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})
