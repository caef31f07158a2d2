import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningSimyard, repositoryRoot, startSimyard, TextSocket } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const folder = join(repositoryRoot, 'transcripts/webots')
let simyard: RunningSimyard
beforeAll(async () => {
  simyard = await startSimyard()
})
afterAll(async () => {
  await simyard?.stop()
})

interface Line {
  readonly socket: 'client' | 'stream'
  readonly direction: '>' | '<'
  readonly text: string
  readonly number: number
}

function read(name: string): Line[] {
  const lines: Line[] = []
  for (const [index, text] of readFileSync(join(folder, name), 'utf8').split('\n').entries()) {
    const match = /^(client|stream) ([<>]) (.*)$/.exec(text)
    const more = /^ {2}\| (.*)$/.exec(text)
    if (match)
      lines.push({ socket: match[1] as 'client', direction: match[2] as '<', text: match[3]!, number: index + 1 })
    else if (more) lines.push(continued(lines.pop()!, more[1]!))
    else if (text !== '' && !text.startsWith('#')) throw new Error(`${name}:${index + 1}: not a line of a transcript`)
  }
  return lines
}

/** May come at any time. Our own messages come only on the client socket, where other clients ignore them. */
const anyTime = /^(loading:[A-Z]|stdout:|stderr:|\.$|simyard:|application\/json:)/

function matcher(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('[\\s\\S]*')}$`)
  return (text) => expression.test(text)
}

test.each(readdirSync(folder))('%s', async (name) => {
  const server = await (await fetch(`${simyard.address}/session`)).text()
  const sockets: Partial<Record<'client' | 'stream', TextSocket>> = {
    client: await TextSocket.open(`${server}/client`),
  }
  const cursor = { client: 0, stream: 0 }
  let streamUrl = ''
  const fill = (text: string) =>
    text
      .replaceAll('{world}', `${simyard.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`)
      .replaceAll('{site}', simyard.address)
  for (const line of read(name)) {
    const where = `${name}:${line.number}`
    if (line.socket === 'stream' && !sockets.stream) sockets.stream = await TextSocket.open(`${streamUrl}/`)
    const socket = sockets[line.socket]!
    if (line.direction === '>') {
      socket.send(fill(line.text))
      continue
    }
    const expected = fill(line.text).replaceAll('{stream}', 'ws://*')
    const matches = matcher(expected)
    for (;;) {
      const text = await socket
        .next(() => true, { from: cursor[line.socket] })
        .catch((error: Error) => {
          throw new Error(`${where}: expected ${expected}: ${error.message}`)
        })
      cursor[line.socket]++
      if (matches(text)) {
        if (text.startsWith('webots:')) streamUrl = text.slice('webots:'.length)
        break
      }
      expect(text, `${where}: expected ${expected}`).toMatch(anyTime)
    }
  }
  sockets.client?.close()
})

function continued(line: Line, text: string): Line {
  return { ...line, text: `${line.text}\n${text}` }
}
