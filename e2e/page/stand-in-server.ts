import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { standInScene } from './stand-in-scene.js'

export interface StandIn {
  readonly origin: string
  /** What clients have sent on the stream, in order. */
  readonly received: string[]
  /** Next starts fail with this message. */
  refuse(message: string | undefined): void
  /** Ends every stream as a crash would. */
  crash(): void
  openSockets(): number
  close(): Promise<void>
}

const STEP_MS = 32

/** Session server, simulation server and simulator in one, with a robot that drives in a circle. */
export async function startStandIn(
  site: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<StandIn> {
  const received: string[] = []
  const sockets = new Set<WebSocket>()
  let refusal: string | undefined
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/session')) response.end(`${origin().replace('http', 'ws')}/2000`)
    else site(request, response)
  })
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const upgrade = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) =>
    upgrade.handleUpgrade(request, socket, head, (client) => {
      sockets.add(client)
      client.on('close', () => sockets.delete(client))
      if (request.url === '/2000/client') allot(client, `${origin().replace('http', 'ws')}/2001`, refusal)
      else simulate(client, received)
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: origin(),
    received,
    refuse: (message) => {
      refusal = message
    },
    crash: () => {
      for (const socket of sockets) socket.terminate()
    },
    openSockets: () => sockets.size,
    close: () => {
      for (const socket of sockets) socket.terminate()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function allot(client: WebSocket, stream: string, refusal: string | undefined): void {
  client.on('message', () => {
    client.send('simyard:{"type":"step","name":"process","state":"active"}')
    if (refusal !== undefined) {
      const error = { code: 'SCENE_SYNTAX', message: refusal }
      client.send(`simyard:${JSON.stringify({ type: 'step', name: 'world', state: 'failed', error })}`)
      client.send(`loading: Error: ${refusal}`)
      client.close()
      return
    }
    client.send('shutdownTimeout: 7200')
    client.send(`webots:${stream}`)
  })
}

function simulate(client: WebSocket, received: string[]): void {
  let time = 0
  let timer: NodeJS.Timeout | undefined
  const frame = () => {
    const angle = time / 2000
    const updates = [
      {
        id: 30,
        translation: `${0.25 * Math.cos(angle)} ${0.25 * Math.sin(angle)} 0`,
        rotation: `0 0 1 ${angle + 1.57}`,
      },
      { id: 42, baseColor: `${0.5 + 0.4 * Math.sin(angle * 3)} 0.6 0.3` },
    ]
    client.send(`application/json:${JSON.stringify({ time, updates })}`)
  }
  const event = (data: unknown) => client.send(`simyard:${JSON.stringify(data)}`)
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  const step = () => {
    time += STEP_MS
    frame()
    if (time % 320 === 0)
      event({ type: 'console', robot: 'rover', stream: 'stdout', line: `front sensor: ${(time / 1000).toFixed(2)} m` })
    if (time % 1600 === 0) event({ type: 'speed', realTimeFactor: 0.98 })
    if (time === 640) {
      for (const line of [
        'Traceback (most recent call last):',
        '  File "/work/controllers/rover/rover.py", line 8, in <module>',
        '    motor.setVelocty(4)',
        "AttributeError: 'Motor' object has no attribute 'setVelocty'",
      ])
        event({ type: 'console', robot: 'rover', stream: 'stderr', line })
    }
  }
  client.on('close', stop)
  client.on('message', (data) => {
    const text = String(data)
    received.push(text)
    if (text === 'x3d') {
      client.send('loading:Parsing nodes:40')
      client.send('world:worlds/arena.wbt:worlds/arena.wbt')
      client.send('scene load completed')
      client.send(`model:${standInScene}`)
      frame()
      client.send('scene load completed')
      client.send('pause: 0')
    } else if (text.startsWith('real-time:') || text.startsWith('fast:')) {
      stop()
      timer = setInterval(step, text.startsWith('fast') ? 8 : STEP_MS)
      client.send(text.split(':')[0]!)
    } else if (text === 'pause' || text === 'step') {
      stop()
      if (text === 'step') step()
      client.send('paused by client')
    } else if (text === 'reset') {
      time = 0
      frame()
      client.send('reset finished')
    }
  })
}
