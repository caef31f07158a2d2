import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ViewerLink } from '@simyard/stream'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { StreamDoor, type StreamedInstance } from './stream-door.js'

const server = createServer()
const door = new StreamDoor()
afterEach(() => {
  door.close()
  server.closeAllConnections()
  server.close()
})

test('binary messages of every length arrive whole, in the order of sending, between long texts', async () => {
  let attached: (link: ViewerLink) => void = () => undefined
  const opening = new Promise<ViewerLink>((resolve) => {
    attached = resolve
  })
  const instance: StreamedInstance = {
    serveFile: () => Promise.reject(new Error('there are no files')),
    connectExtern: () => false,
    attach: (link) => {
      attached(link)
      return { receive: () => undefined, detach: () => undefined }
    },
  }
  server.on('upgrade', (request, socket, head) => door.upgrade(instance, request, socket, head, '/'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const received: string[] = []
  client.on('message', (data: Buffer, isBinary) => {
    received.push(isBinary ? `${data.length} bytes of ${data[0]}` : `${data.length} letters`)
  })
  const link = await opening
  const expected: string[] = []
  for (const [index, length] of [1, 125, 126, 65_535, 65_536, 300_000, 7].entries()) {
    // Compressed by a thread of its own: what follows must not overtake it.
    link.send('x'.repeat(50_000))
    expected.push('50000 letters')
    const bytes = new Uint8Array(length).fill(index)
    link.sendBytes?.(bytes)
    link.sendBytes?.(bytes)
    expected.push(`${length} bytes of ${index}`, `${length} bytes of ${index}`)
    // Now and then nothing is on its way any more.
    if (index % 2 === 0) await vi.waitFor(() => expect(received).toHaveLength(expected.length))
  }
  client.terminate()
  expect(received).toEqual(expected)
})
