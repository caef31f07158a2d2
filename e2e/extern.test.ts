import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { openSimulation, type RunningSimyard, repositoryRoot, startSimyard } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'

let simyard: RunningSimyard
const programs: ChildProcess[] = []
beforeAll(async () => {
  simyard = await startSimyard()
})
afterAll(async () => {
  for (const program of programs) program.kill('SIGKILL')
  await simyard?.stop()
})

const PROGRAM = `
from controller import Robot
robot = Robot()
print("connected to", robot.getName(), flush=True)
while robot.step(16) != -1:
    pass
print("stepped until", robot.getTime(), flush=True)
`

/** Runs the program by hand, as its author would, with the Python module of the checkout. */
function runByHand(url: string): { child: ChildProcess; output: () => string } {
  const child = spawn('/usr/bin/python3', ['-c', PROGRAM], {
    env: { PYTHONPATH: join(repositoryRoot, 'python'), SIMYARD_CONTROLLER_URL: url },
  })
  programs.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { child, output: () => text }
}

test('an extern controller connects, is in lock-step, and may come back after it has gone', async () => {
  const created = await fetch(`${simyard.address}/api/v1/projects`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ from: 'maze' }),
  })
  const { id, key } = (await created.json()) as { id: string; key: string }
  const world =
    '#VRML_SIM R2025a utf8\nWorldInfo { basicTimeStep 16 }\nRobot { name "outside" controller "<extern>" }\n'
  const saved = await fetch(`${simyard.address}/api/v1/projects/${id}/files/worlds/extern.wbt`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/octet-stream' },
    body: world,
  })
  expect(saved.ok).toBe(true)

  const url = `${simyard.address}/projects/${id}/worlds/extern.wbt`
  const { client, stream } = await openSimulation(simyard.address, { start: { url } }, ['simyard:hello', 'x3d'])
  const isOffer = (text: string) => text.includes('"type":"extern-controller"')
  const offered = async (from: number) =>
    (JSON.parse((await stream.next(isOffer, { from })).slice('simyard:'.length)) as { url: string }).url

  await stream.next((text) => text === 'pause: 0')
  // Nobody waits for a controller that may never come.
  stream.send('fast:160')
  await stream.next((text) => text === 'pause: 160')

  const first = runByHand(await offered(0))
  await expect.poll(first.output).toContain('connected to outside')
  let from = stream.received.length
  stream.send('real-time:-1')
  await stream.next((text) => text.startsWith('application/json:') && JSON.parse(text.slice(17)).time > 600, { from })
  from = stream.received.length
  first.child.kill('SIGKILL')

  // A connection that is reset, as by a computer that is switched off, is as gone as one that is closed.
  const reset = new WebSocket(await offered(from))
  await new Promise((resolve, reject) => reset.once('open', resolve).once('error', reject))
  reset.on('error', () => undefined)
  reset.send('{"type":"hello","version":1,"language":"test"}\n')
  await new Promise((resolve) => reset.once('message', resolve))
  from = stream.received.length
  ;(reset as unknown as { _socket: Socket })._socket.resetAndDestroy()

  const second = runByHand(await offered(from))
  await expect.poll(second.output).toContain('connected to outside')
  client.close()
  await expect.poll(second.output).toMatch(/stepped until [1-9\d.]+/)

  const stranger = runByHand(`${(await offered(0)).replace(/token=.*/, 'token=guessed')}`)
  await expect.poll(() => stranger.child.exitCode).not.toBeNull()
  expect(stranger.output()).not.toContain('connected to outside')
})
