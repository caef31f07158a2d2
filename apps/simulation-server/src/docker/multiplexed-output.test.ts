import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { splitOutput } from './multiplexed-output.js'

function piece(stream: 1 | 2, content: string): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

describe('outputs of a container on one connection', () => {
  const sent = Buffer.concat([piece(1, 'one '), piece(2, 'wrong'), piece(1, ''), piece(1, 'zwei äöü'), piece(2, '!')])

  test('are the same wherever the bytes are cut, and whatever came with the answer to the request', async () => {
    for (let cut = 0; cut <= sent.length; cut++) {
      for (const inHead of [true, false]) {
        const source = new PassThrough()
        const { stdout, stderr } = splitOutput(source, inHead ? sent.subarray(0, cut) : undefined)
        if (!inHead) source.write(sent.subarray(0, cut))
        source.end(sent.subarray(cut))
        expect(await Promise.all([text(stdout), text(stderr)])).toEqual(['one zwei äöü', 'wrong!'])
      }
    }
  })

  test('byte by byte', async () => {
    const source = new PassThrough()
    const { stdout, stderr } = splitOutput(source)
    for (const byte of sent) source.write(Buffer.from([byte]))
    source.end()
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(['one zwei äöü', 'wrong!'])
  })

  test('a connection that breaks in the middle of a piece ends both', async () => {
    const source = new PassThrough()
    const { stdout, stderr } = splitOutput(source)
    source.write(sent.subarray(0, 10))
    source.destroy(new Error('the daemon has gone'))
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(['on', ''])
  })
})
