import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '@simyard/client'
import { eventually, FossbotSimulator, type RunningServer, repositoryRoot, startPythonServer } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Our libraries with a relay of the original's kind: it keeps no places, sends echoes and acknowledges nothing. */
const PYTHON = '/usr/bin/python3'
const missing = ['flask_socketio', 'eventlet', 'socketio'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const problem = missing.length > 0 ? `(skipped: Python's ${missing.join(', ')} is missing; run npm run setup)` : ''

let server: RunningServer
let tab: FossbotSimulator
let room: string

beforeAll(async () => {
  if (problem) return
  server = await startPythonServer(PYTHON, join(repositoryRoot, 'bench/relay/flask_relay.py'), {})
  const response = await fetch(`${server.address}/godot`)
  room = await response.text()
  const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
  tab = new FossbotSimulator({
    address: server.address,
    socket: { extraHeaders: { cookie }, transports: ['websocket'] },
  })
  const ready = new Promise((resolve) => tab.socket.once('ready', resolve))
  await ready
})
afterAll(() => {
  tab?.close()
  server?.kill()
})

describe.skipIf(problem)(`a relay of the original's kind ${problem}`, () => {
  test('serves our JavaScript library', async () => {
    const robot = await connect({ address: server.address, room, timeoutMs: 30_000 })
    robot.justMove()
    expect(await robot.distance()).toBe(10000)
    const values = [1, 2, 3, 4, 5]
    expect(await Promise.all(values.map((value) => robot.ask('get_echo', { value })))).toEqual(values)
    await robot.moveDistance(2)
    robot.close()
    await eventually(() => expect(tab.owners.size).toBe(0))
  })

  test.each(['polling', 'websocket'])('serves our Python library by %s', async (transport) => {
    const program = `
import sys
from fossbot import *
with GodotEnvironment(sys.argv[2], server_address=sys.argv[1], transports=[sys.argv[3]]) as stage:
    stage.reset_floor_terrain()
with FossBot(sys.argv[2], server_address=sys.argv[1], transports=[sys.argv[3]], timeout=5) as robot:
    robot.move_distance(1)
    print(robot.get_distance(), [robot.ask('get_echo', value=i) for i in range(5)])
`
    const env = { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', program, server.address, room, transport], {
      timeout: 120_000,
      env,
    })
    expect(stdout.trim().split('\n').at(-1)).toBe('10000 [0, 1, 2, 3, 4]')
    await eventually(() => expect(tab.owners.size).toBe(0))
  })
})
