import {
  aliveAmong,
  descendantsOf,
  openSimulation,
  type RunningSimyard,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let simyard: RunningSimyard
beforeAll(async () => {
  simyard = await startSimyard(['--warm', '2'])
})
afterAll(async () => {
  await simyard?.stop()
})

const worldUrl = (project = 'obstacle-avoidance', world = 'obstacle_avoidance') =>
  `${simyard.address}/projects/${project}/worlds/${world}.wbt`
const start = (url: string) => ({ start: { url } })
const isFrame = (text: string) => text.startsWith('application/json:')
const timeOf = (text: string) => (JSON.parse(text.slice('application/json:'.length)) as { time: number }).time

/** A project of the tests, as a copy in the data folder would be. */
async function project(files: Record<string, string>): Promise<string> {
  const created = await fetch(`${simyard.address}/api/v1/projects`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ from: 'obstacle-avoidance' }),
  })
  const { id, key } = (await created.json()) as { id: string; key: string }
  for (const [path, content] of Object.entries(files)) {
    const response = await fetch(`${simyard.address}/api/v1/projects/${id}/files/${path}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/octet-stream' },
      body: content,
    })
    expect(response.status, await response.text()).toBeLessThan(300)
  }
  return id
}

const WORLD = (robot: string, before = '') => `#VRML_SIM R2025a utf8
${before}
WorldInfo { basicTimeStep 16 }
Viewpoint { }
Robot { name "r" ${robot} }
`

describe('the words of Webots', () => {
  test('the newer dialect: start, subscribe, run, pause, step, reset', async () => {
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl()))
    expect(client.received.some((text) => text === 'shutdownTimeout: 7200')).toBe(true)
    await stream.next((text) => /^pause: 0$/.test(text))
    const words = stream.received
      .filter((text) => !text.startsWith('loading:'))
      .map((text) => text.split(/[:{]/)[0]!.trim())
    const inOrder = words.filter((word, index) => word !== words[index - 1])
    expect(inOrder.join(' ')).toMatch(
      /^world robot window scene load completed model application\/json robot window scene load completed pause/,
    )
    expect(stream.received.find((text) => text.startsWith('world:'))).toBe(
      'world:worlds/obstacle_avoidance.wbt:worlds/obstacle_avoidance.wbt',
    )

    let from = stream.received.length
    stream.send('pause')
    await stream.next((text) => text === 'paused by client', { from })
    from = stream.received.length
    stream.send('real-time:-1')
    await stream.next((text) => text === 'real-time', { from })
    const moved = await stream.next((text) => isFrame(text) && timeOf(text) >= 500, { from })
    expect(moved).toContain('"updates":[')
    stream.send('timeout:300000')

    from = stream.received.length
    stream.send('step')
    await stream.next((text) => text === 'paused by client', { from })
    const paused = stream.received.slice(from).filter(isFrame).map(timeOf).at(-1)!
    from = stream.received.length
    stream.send('step')
    await stream.next((text) => text === 'paused by client', { from })
    expect(stream.received.slice(from).filter(isFrame).map(timeOf)).toEqual([paused + 16])

    from = stream.received.length
    stream.send('reset')
    await stream.next((text) => text === 'reset finished', { from })
    expect(stream.received.slice(from).filter(isFrame).map(timeOf)[0]).toBe(0)

    from = stream.received.length
    stream.send('fast:2000')
    await stream.next((text) => text === 'pause: 2000', { from })
    client.close()
    expect((await stream.untilClosed()).code).toBe(1001)
  })

  test('the older dialect: init array, poses, bare names', async () => {
    const init = { init: [simyard.address, 'obstacle-avoidance', 'obstacle_avoidance.wbt', '', '', '', '', '', ''] }
    const { client, stream } = await openSimulation(simyard.address, init)
    await stream.next((text) => text === 'pause')
    expect(stream.received.find((text) => text.startsWith('world:'))).toBe(
      'world:obstacle_avoidance.wbt:obstacle_avoidance.wbt',
    )
    const words = stream.received
      .filter((text) => !text.startsWith('loading:') && !text.startsWith('std'))
      .map((text) => text.split(':')[0])
    expect(words).toEqual(['world', 'model', 'application/json', 'scene load completed', 'pause'])
    const from = stream.received.length
    stream.send('real-time:60000')
    expect(await stream.next((text) => isFrame(text) && timeOf(text) > 200, { from })).toContain('"poses":[')
    stream.send('reset')
    await stream.next((text) => text === 'reset finished', { from })
    stream.send('revert')
    await stream.next((text) => text === 'model:', { from })
    client.close()
  })

  test('w3d is understood, and a broadcast viewer cannot change the run', async () => {
    const { client, stream, streamUrl } = await openSimulation(simyard.address, start(worldUrl()), ['w3d'])
    await stream.next((text) => text === 'pause: 0')
    const viewer = await TextSocket.open(`${streamUrl}/`)
    viewer.send('w3d;broadcast')
    await viewer.next((text) => text === 'pause: 0')
    viewer.send('real-time:-1')
    viewer.send('reset')
    viewer.send('step')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(stream.received.filter(isFrame)).toHaveLength(1)
    stream.send('step')
    expect(timeOf(await viewer.next((text) => isFrame(text) && timeOf(text) > 0))).toBe(16)
    client.close()
  })

  test('availability: a socket on / gets 1, /load a number, the API a status', async () => {
    const socket = await TextSocket.open(`${simyard.address.replace('http', 'ws')}/`)
    expect(await socket.next(() => true)).toBe('1')
    expect(Number(await (await fetch(`${simyard.address}/load`)).text())).toBeGreaterThanOrEqual(0)
    expect(await (await fetch(`${simyard.address}/healthz`)).text()).toBe('ok')
    expect((await fetch(`${simyard.address}/monitor`)).status).toBe(200)
    socket.close()
  })

  test('metrics are those of the session server and the relay, each once', async () => {
    const answer = await fetch(`${simyard.address}/metrics`)
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await answer.text()
    expect(text).toMatch(/^simyard_session_seats_total \d+$/m)
    expect(text).toMatch(/^simyard_relay_rooms\{simulator="here"\} \d+$/m)
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('closing and dying', () => {
  test('closing the client socket ends everything of that client within two seconds', async () => {
    const before = descendantsOf(simyard.pid).length
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl()))
    await stream.next((text) => text === 'pause: 0')
    await expect
      .poll(() => descendantsOf(simyard.pid).some(({ command }) => command.includes('obstacle_avoidance.py')))
      .toBe(true)
    client.close()
    await expect
      .poll(() => descendantsOf(simyard.pid).filter(({ command }) => command.includes('obstacle_avoidance.py')), {
        timeout: 2000,
      })
      .toEqual([])
    await expect.poll(() => descendantsOf(simyard.pid).length, { timeout: 5000 }).toBeLessThanOrEqual(before)
  })

  test('a simulator that is killed is reported and the next one starts', async () => {
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl()), ['simyard:hello', 'x3d'])
    await stream.next((text) => text === 'pause: 0')
    // All simulators of this server: the warm ones are replaced, ours is reported.
    for (const { pid, command } of descendantsOf(simyard.pid))
      if (/^\S*node .*simulator\.mjs/.test(command)) process.kill(pid, 'SIGKILL')
    await client.next((text) => text.startsWith('loading: Error: The simulator ended unexpectedly'))
    await client.untilClosed()
    await stream.next((text) => text.includes('SIMULATOR_CRASHED'))
    const again = await openSimulation(simyard.address, start(worldUrl()))
    await again.stream.next((text) => text === 'pause: 0')
    again.client.close()
  })

  test('kill -9 of the server leaves no process behind', async () => {
    const other = await startSimyard()
    const url = `${other.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`
    const { stream } = await openSimulation(other.address, start(url))
    await stream.next((text) => text === 'pause: 0')
    const family = descendantsOf(other.pid).map(({ pid }) => pid)
    expect(family.length).toBeGreaterThan(3)
    await other.stop('SIGKILL')
    await expect.poll(() => aliveAmong(family), { timeout: 3000 }).toEqual([])
  })
})

describe('bad input', () => {
  async function failure(
    id: string,
    world: string,
  ): Promise<{ code: string; message: string; location?: { line: number } }> {
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl(id, world)), [
      'simyard:hello',
      'x3d',
    ])
    const text = await stream.next((line) => line.startsWith('simyard:{"type":"error"'))
    expect(client.received.some((line) => line.startsWith('loading: Error: '))).toBe(true)
    client.close()
    return (
      JSON.parse(text.slice('simyard:'.length)) as {
        error: { code: string; message: string; location?: { line: number } }
      }
    ).error
  }

  test('a world that does not parse names the line', async () => {
    const id = await project({ 'worlds/bad.wbt': '#VRML_SIM R2025a utf8\nWorldInfo {\n  basicTimeStep }\n' })
    expect(await failure(id, 'bad')).toMatchObject({ code: 'SCENE_SYNTAX', location: { line: 3 } })
  })

  test('an unknown PROTO is named', async () => {
    const id = await project({
      'worlds/bad.wbt': '#VRML_SIM R2025a utf8\nEXTERNPROTO "../protos/Nowhere.proto"\nWorldInfo { }\nNowhere { }\n',
    })
    const error = await failure(id, 'bad')
    expect(error.code).toBe('SCENE_UNKNOWN_PROTO')
    expect(error.message).toContain('Nowhere')
  })

  test('a template that loops for ever is stopped', async () => {
    const id = await project({
      'protos/Loop.proto':
        '#VRML_SIM R2025a utf8\n# template language: javascript\nPROTO Loop [ ]\n{\n  Group { children [ %< while (true) {} >% ] }\n}\n',
      'worlds/bad.wbt': '#VRML_SIM R2025a utf8\nEXTERNPROTO "../protos/Loop.proto"\nWorldInfo { }\nLoop { }\n',
    })
    const error = await failure(id, 'bad')
    expect(error.code).toBe('SCENE_TEMPLATE_TIMEOUT')
    expect(error.message).toContain('Loop')
  })

  test('a missing controller is reported and the world runs', async () => {
    const id = await project({ 'worlds/a.wbt': WORLD('controller "nobody"') })
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl(id, 'a')), ['simyard:hello', 'x3d'])
    await stream.next((text) => text.includes('CONTROLLER_MISSING'))
    stream.send('fast:160')
    await stream.next((text) => text === 'pause: 160')
    client.close()
  })

  test('controllers that crash, loop for ever, end, or talk nonsense do not stop the world', async () => {
    const id = await project({
      'worlds/a.wbt': `${WORLD('controller "crash"')}Robot { name "s" controller "loop" }\nRobot { name "t" controller "end" }\nRobot { name "u" controller "nonsense" }\n`,
      'controllers/crash/crash.py':
        'from controller import Robot\nrobot = Robot()\nrobot.step(16)\nraise ValueError("on purpose")\n',
      'controllers/loop/loop.py':
        'from controller import Robot\nrobot = Robot()\nprint("looping", flush=True)\nwhile True: pass\n',
      'controllers/end/end.py': 'from controller import Robot\nrobot = Robot()\nrobot.step(16)\n',
      'controllers/nonsense/nonsense.py':
        'import socket, time\ns = socket.socket(fileno=3)\ns.sendall(b"\\x00\\xffgarbage\\n")\ntime.sleep(60)\n',
    })
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl(id, 'a')), ['simyard:hello', 'x3d'])
    await stream.next((text) => text.includes('"line":"looping"'))
    stream.send('fast:3200')
    await stream.next((text) => text === 'pause: 3200')
    const all = stream.received.join('\n')
    expect(all).toContain('ValueError: on purpose')
    expect(all).toContain('CONTROLLER_CRASHED')
    expect(all).toContain('CONTROLLER_NOT_STEPPING')
    expect(all).toContain('CONTROLLER_BAD_MESSAGE')
    expect(all).toContain('"robot":"t","stream":"stdout","line":"INFO: the controller has ended."')
    client.close()
  })

  test.each([
    ['garbage', 'no json at all'],
    ['a start without a URL', '{"start":{}}'],
    ['a number', '42'],
    ['an empty text', ''],
  ])('the client socket: %s ends that socket only', async (_name, text) => {
    const server = await (await fetch(`${simyard.address}/session`)).text()
    const client = await TextSocket.open(`${server}/client`)
    client.send(text)
    expect((await client.untilClosed()).code).toBe(1006)
  })

  test.each([
    ['an address that is none', 'hello', 'START_URL_INVALID'],
    ['a path that leads out', 'http://127.0.0.1/projects/../worlds/x.wbt', 'START_URL_INVALID'],
    ['a project that is not there', 'http://127.0.0.1/projects/nowhere/worlds/x.wbt', 'PROJECT_NOT_FOUND'],
  ])('the client socket: %s', async (_name, url, code) => {
    const server = await (await fetch(`${simyard.address}/session`)).text()
    const client = await TextSocket.open(`${server}/client`)
    client.send(JSON.stringify(start(url)))
    expect(await client.next((text) => text.startsWith('simyard:') && text.includes('"error"'))).toContain(code)
    await client.next((text) => text.startsWith('loading: Error: '))
    client.close()
  })

  test('garbage on the stream changes nothing', async () => {
    const { client, stream } = await openSimulation(simyard.address, start(worldUrl()), ['simyard:hello', 'x3d'])
    await stream.next((text) => text === 'pause: 0')
    for (const text of [
      '',
      'hello',
      'real-time',
      'real-time:soon',
      'set controller:../x/y:1\n',
      'robot:',
      '\u0000',
      'x'.repeat(100_000),
    ])
      stream.send(text)
    stream.send(Buffer.from([0, 255, 1, 2]))
    stream.send('set controller:obstacle_avoidance/../../worlds/obstacle_avoidance.wbt:1\nbroken')
    await stream.next((text) => text.includes('STREAM_BAD_MESSAGE'))
    stream.send('step')
    expect(timeOf(await stream.next((text) => isFrame(text) && timeOf(text) > 0))).toBe(16)
    client.close()
  })

  test('files outside the project are not served', async () => {
    const { client, stream, streamUrl } = await openSimulation(simyard.address, start(worldUrl()))
    await stream.next((text) => text === 'pause: 0')
    const base = streamUrl.replace('ws', 'http')
    expect((await fetch(`${base}/worlds/obstacle_avoidance.wbt`)).status).toBe(200)
    expect((await fetch(`${base}/assets/protos/E-puck.proto`)).headers.get('access-control-allow-origin')).toBe('*')
    for (const path of [
      '/..%2f..%2fetc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/package.json',
      '/assets/protos/..%2f..%2fpackage.json',
      '/%ff',
    ]) {
      expect((await fetch(base + path)).status, path).toBeGreaterThanOrEqual(400)
    }
    client.close()
  })

  test('pages of other sites may not connect', async () => {
    await expect(
      TextSocket.open(`${simyard.address.replace('http', 'ws')}/2000/client`, { Origin: 'http://elsewhere.example' }),
    ).rejects.toThrow('403')
  })
})
