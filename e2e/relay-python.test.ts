import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { eventually, FossbotSimulator } from '@simyard/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/** Python programs that speak as FOSSBot's library does, with Debian's python-socketio, to a real relay. */
const PYTHON = '/usr/bin/python3'
const modules = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const problem = modules.length > 0 ? `(skipped: Python's ${modules.join(', ')} is missing; run npm run setup)` : ''

/** The part of a user's program that a library would hide: one connection, one answer at a time. */
const LIBRARY = `
import socketio, sys, threading, time
address, session_id, transport = sys.argv[1:4]

class Robot:
    def __init__(self, name='fossbot', session=session_id, user_id=None, env=False, namespace='/godot'):
        self.name, self.namespace, self.event = name, namespace, threading.Event()
        self.response, self.error, self.echoes = None, None, 0
        self.sio = socketio.Client(reconnection=False)
        @self.sio.event(namespace=namespace)
        def connect():
            sid = user_id or self.sio.get_sid(namespace)
            if env:
                param = {'session_id': session, 'user_id': sid, 'env_user': True, 'func': 'connect_env'}
            else:
                param = {'session_id': session, 'user_id': sid, 'fossbot_name': name, 'func': 'connect'}
            self.sio.emit('pythonConnect', param, namespace=namespace)
        @self.sio.on('godotMessage', namespace=namespace)
        def on_message(data):
            self.response = data
            self.event.set()
        @self.sio.on('godotError', namespace=namespace)
        def on_error(data):
            self.error = data['data']
            self.event.set()
            self.sio.disconnect()
        @self.sio.on('clientMessage', namespace=namespace)
        def on_echo(data):
            self.echoes += 1
        self.sio.connect(address + namespace, namespaces=[namespace], transports=[transport])

    def post(self, func, **param):
        param['func'] = func
        param['fossbot_name'] = self.name
        self.sio.emit('clientMessage', param, namespace=self.namespace)

    def get(self, func, **param):
        self.post(func, **param)
        if not self.event.wait(30):
            raise Exception('no answer')
        self.event.clear()
        if self.error:
            raise Exception(self.error)
        return self.response['data']

    def exit(self):
        self.post('exit')
        self.sio.disconnect()

    def failed(self):
        self.event.wait(10)
        return self.error
`

/** A program whose connections are open would not end by itself. */
const END = `
import os
sys.stdout.flush()
os._exit(0)
`

let relay: RelayServer
let port: Listening
let address: string
let tab: FossbotSimulator
let room: { id: string; code: string; key: string }
const children: ChildProcess[] = []

async function openTab(robots?: string[]): Promise<{ tab: FossbotSimulator; room: typeof room }> {
  const opened = (await (await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).json()) as typeof room
  const identity = { session_id: opened.id, key: opened.key }
  const simulator = new FossbotSimulator({ address, robots, identity })
  const state = async () =>
    ((await (await fetch(`${address}/api/v1/rooms/${opened.id}`)).json()) as { simulator: string }).simulator
  await eventually(async () => expect(await state()).toBe('here'))
  return { tab: simulator, room: opened }
}

async function python(program: string, transport: string, ...more: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    PYTHON,
    ['-c', LIBRARY + program + END, address, room.id, transport, ...more],
    {
      timeout: 120_000,
    },
  )
  return stdout.trim()
}

async function metric(name: string): Promise<number> {
  const line = (await relay.metrics.text()).split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

beforeAll(async () => {
  relay = new RelayServer({ config: RelayServerConfig.parse({}), log: createLogger({ name: 'relay', level: 'warn' }) })
  port = await listen(relay, { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
})
afterAll(async () => {
  await relay.close()
  await port.close()
})
beforeEach(async () => {
  ;({ tab, room } = await openTab(['fossbot', 'second']))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  tab.close()
})

describe.skipIf(problem)(`Python programs ${problem}`, () => {
  test.each(['polling', 'websocket'])('ask, and are answered in order without an echo, by %s', async (transport) => {
    const out = await python(
      `
robot = Robot()
answers = [robot.get('get_echo', value=i, exact=0.1, wide='é') for i in range(300)]
robot.post('just_move', direction='forward')
print(answers == list(range(300)), robot.get('get_distance'), robot.echoes)
robot.exit()
`,
      transport,
    )
    expect(out).toBe('True 10000 0')
    const values = tab.received.filter(({ func }) => func === 'get_echo')
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 300 }, (_, value) => value))
    expect(values[0]).toEqual({
      func: 'get_echo',
      value: 0,
      exact: 0.1,
      wide: 'é',
      fossbot_name: 'fossbot',
      user_id: values[0]!.user_id,
    })
    await eventually(() => expect(tab.received.at(-1)).toEqual({ func: 'exit', user_id: values[0]!.user_id }))
    expect(tab.owners.size).toBe(0)
  })

  test.each(['polling', 'websocket'])('programs come and go by %s, and the robot is always free', async (transport) => {
    // The Python library often forgets to say goodbye by polling: the relay notices that nobody asks any more.
    for (const [run, end] of ['robot.exit()', 'robot.sio.disconnect()', '', 'robot.exit()'].entries()) {
      const program = `robot = Robot()\nprint(robot.get('get_echo', value=${run}))\n${end}`
      expect(await python(program, transport)).toBe(`${run}`)
      await eventually(() => expect(tab.owners.size).toBe(0))
    }
  })

  test('a program that is killed frees its robot', async () => {
    const child = spawn(PYTHON, [
      '-c',
      `${LIBRARY}\nRobot().get('get_distance'); time.sleep(100)`,
      address,
      room.id,
      'websocket',
    ])
    children.push(child)
    await eventually(() => expect(tab.owners.size).toBe(1))
    child.kill('SIGKILL')
    await eventually(() => expect(tab.owners.size).toBe(0), { timeout: 5000 })
    expect(await python(`print(Robot().get('get_distance'))`, 'polling')).toBe('10000')
  })

  test('an environment user prepares the scene, and a robot user drives in it', async () => {
    const out = await python(
      `
stage = Robot(env=True)
stage.sio.emit('clientMessage', {'func': 'remove_all_objects'}, namespace='/godot')
stage.sio.emit('clientMessage', {'func': 'reset_terrain', 'floor_index': '0'}, namespace='/godot')
stage.event.wait(10)
print(stage.response['data'])
stage.sio.disconnect()
print(Robot().get('get_distance'))
`,
      'polling',
    )
    expect(out).toBe('Terrain Reset.\n10000')
    const [connect] = tab.received
    expect(connect).toEqual({ session_id: room.id, user_id: connect!.user_id, env_user: true, func: 'connect_env' })
    expect(tab.received).toContainEqual({ func: 'exit_env', user_id: connect!.user_id })
  })

  test('errors have the texts that lessons know, or say what to do', async () => {
    const out = await python(
      `
first = Robot()
first.get('get_distance')
print(Robot().failed())
print(Robot(name='third').failed())
print(Robot(name='second', session='no-room').failed())
viewer = Robot(name='second', session=sys.argv[4])
viewer.post('stop')
print(viewer.failed())
print(first.get('get_echo', value='undisturbed'))
`,
      'websocket',
      room.code,
    )
    expect(out.split('\n')).toEqual([
      'fossbot is already controlled by another user!',
      'Requested third does not exist in scene.',
      expect.stringMatching(/^There is no room no-room\. /),
      expect.stringMatching(/^You are in this room as a viewer and may only watch\. /),
      'undisturbed',
    ])
  })

  test('nobody answers for the simulator, and nobody is somebody else', async () => {
    const refused = 'simyard_relay_refusals_total{code="ROOM_ROLE_REFUSED"}'
    const before = await metric(refused)
    const out = await python(
      `
victim = Robot()
victim.get('get_distance')
sid = victim.sio.get_sid('/godot')
thief = Robot(name='second', user_id=sid)
print(thief.get('get_echo', value='own'))
thief.sio.emit('godotMessage', {'data': 'forged', 'user_id': sid}, namespace='/godot')
print(thief.failed())
print(victim.get('get_echo', value='mine'), victim.error)
`,
      'websocket',
    )
    expect(out.split('\n')).toEqual(['own', 'Only the simulator of a room may answer.', 'mine None'])
    expect(await metric(refused)).toBe(before + 1)
  })

  test.each(['polling', 'websocket'])(
    'a message of 2 MB ends its connection by %s, and nobody else notices',
    async (transport) => {
      const out = await python(
        `
other = Robot()
other.get('get_distance')
large = Robot(name='second')
large.get('get_distance')
large.post('get_echo', value='x' * 2000000)
deadline = time.time() + 10
while large.sio.connected and time.time() < deadline: time.sleep(0.01)
print(large.sio.connected, other.get('get_echo', value='undisturbed'))
other.exit()
`,
        transport,
      )
      expect(out).toBe('False undisturbed')
    },
  )

  test('two tabs never mix', async () => {
    const other = await openTab()
    const program = `
robot = Robot()
print(all(robot.get('get_echo', value=session_id + str(i)) == session_id + str(i) for i in range(100)))
robot.exit()
`
    const first = room
    const one = python(program, 'polling')
    room = other.room
    const two = python(program, 'websocket')
    expect(await Promise.all([one, two])).toEqual(['True', 'True'])
    const values = (simulator: FossbotSimulator) => simulator.received.filter(({ value }) => value !== undefined)
    expect(values(tab).every(({ value }) => String(value).startsWith(first.id))).toBe(true)
    expect(values(other.tab).every(({ value }) => String(value).startsWith(other.room.id))).toBe(true)
    expect([values(tab).length, values(other.tab).length]).toEqual([100, 100])
    other.tab.close()
  })
})
