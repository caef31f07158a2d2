import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Logger } from '@simyard/service-host'
import { expect, test } from 'vitest'
import { AvailabilityClients } from './availability-clients.js'

const said: string[] = []
const log = { info: (text: string) => said.push(text) } as unknown as Logger

/** A connection whose other side reads, or not. */
class Line extends Duplex {
  readonly written: Buffer[] = []
  private readonly held: (() => void)[] = []

  constructor(public reads: boolean) {
    super()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    if (this.reads) done()
    else this.held.push(done)
  }
}

function connect(clients: AvailabilityClients, line: Line): void {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.headers = {
    host: 'robots.example',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  clients.upgrade(request, line, Buffer.alloc(0), true)
}

test('every client gets the very same bytes', () => {
  const clients = new AvailabilityClients(log)
  const lines = [new Line(true), new Line(true)]
  for (const line of lines) connect(clients, line)
  expect(clients.push(true)).toBe(true)
  expect(clients.push(true)).toBe(false)
  expect(clients.push(false)).toBe(true)
  expect(lines[0]!.written.at(-1)).toEqual(Buffer.from([0x81, 1, 0x30]))
  expect(lines[0]!.written.at(-1)!.buffer).toBe(lines[1]!.written.at(-1)!.buffer)
  expect(said).toContain('[robots.example] New client')
})

test('a client that does not read is given up before it holds more than a few lines', async () => {
  const clients = new AvailabilityClients(log)
  const line = new Line(true)
  connect(clients, line)
  line.reads = false
  let available = false
  for (let change = 0; change < 2000 && !line.destroyed; change++) {
    clients.push(available)
    available = !available
  }
  expect(line.destroyed).toBe(true)
  expect(line.writableLength).toBeLessThan(1100)
  await new Promise((resolve) => line.once('close', resolve))
  expect(clients.count).toBe(0)
})

test('what a client says is logged a few times and then not', () => {
  const clients = new AvailabilityClients(log)
  const line = new Line(true)
  connect(clients, line)
  said.length = 0
  // A masked text frame of one letter.
  for (let number = 0; number < 50; number++) line.push(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41]))
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    expect(said).toEqual(Array(5).fill('[robots.example] Ignored client message: A'))
  })
})
