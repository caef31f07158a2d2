import { readFileSync } from 'node:fs'
import { encodeFrame, FrameDecoder, type ServerToSimulator, type SimulatorToServer } from '@simyard/protocol'
import type { Simulation, Supervisor } from '@simyard/simulation'
import { StreamHub } from '@simyard/stream'
import { afterEach, expect, test } from 'vitest'
import { SimulatorSession } from './session.js'

const root = new URL('../../../', import.meta.url)
const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

const WORLD = `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep 16 }
DEF SKY Background { luminosity 1 }
Solid { name "floor" boundingObject Plane { size 20 20 } children [ Shape { geometry Plane { size 20 20 } } ] }
`
const ball = (
  name: string,
  z: number,
) => `Solid { name "${name}" translation 0 0 ${z} boundingObject Sphere { radius 0.1 }
  physics Physics { density -1 mass 1 } children [ Shape { geometry Sphere { radius 0.1 } } ] }`

/** A simulator with its stream, joined as a server joins them, and what one viewer of it has. */
class Chain {
  readonly messages: SimulatorToServer[] = []
  readonly session: SimulatorSession
  readonly hub: StreamHub
  private readonly waiting: { ready(): boolean; resolve(): void }[] = []

  constructor() {
    this.session = new SimulatorSession({
      // As over a channel, where nothing but bytes arrives.
      send: (message, body) => {
        const [frame] = new FrameDecoder().push(encodeFrame(message, body))
        this.receive(frame?.header as SimulatorToServer, frame?.body ?? body)
      },
      clock: {
        now: () => performance.now(),
        setTimer: (callback, ms) => setTimeout(callback, ms),
        clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
      },
      close: () => {},
    })
    this.hub = new StreamHub(
      {
        toSimulator: (message) => this.say(message),
        worlds: () => ['worlds/w.wbt'],
        readController: async () => [],
        writeController: async () => {},
        loadWorld: () => {},
      },
      '2022',
      () => performance.now(),
    )
    open.push({ close: () => this.say({ type: 'close' }) })
  }

  say(message: ServerToSimulator, body?: Uint8Array): void {
    this.session.receive(message, body ?? new Uint8Array(0))
  }

  get supervisor(): Supervisor {
    return (this.session as unknown as { simulation: Simulation }).simulation.supervisor
  }

  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ ready, resolve })
      this.wake()
    })
  }

  view(): View {
    const received: string[] = []
    const { receive } = this.hub.attach({ send: (text) => received.push(text), queuedBytes: 0, close: () => {} })
    receive('w3d')
    return new View(received)
  }

  private receive(message: SimulatorToServer, body: Uint8Array): void {
    this.messages.push(message)
    if (message.type === 'read-file') this.answer(message)
    else this.hub.onSimulator(message, body)
    this.wake()
  }

  private answer({ request, scope, path }: Extract<SimulatorToServer, { type: 'read-file' }>): void {
    let bytes: Uint8Array | undefined
    try {
      bytes = scope === 'asset' ? readFileSync(new URL(path, root)) : undefined
      if (path === 'worlds/w.wbt') bytes = new TextEncoder().encode(WORLD)
    } catch {
      // Told as missing.
    }
    queueMicrotask(() => this.say({ type: 'file', request, found: bytes !== undefined }, bytes))
  }

  private wake(): void {
    for (const one of [...this.waiting]) {
      if (!one.ready()) continue
      this.waiting.splice(this.waiting.indexOf(one), 1)
      one.resolve()
    }
  }
}

/** Reads a viewer's messages as a page does, and fails when one names a node that the page does not have. */
class View {
  private readonly ids = new Map<number, Record<string, unknown>>()
  private next = 0

  constructor(private readonly received: readonly string[]) {}

  read(): Map<number, Record<string, unknown>> {
    for (; this.next < this.received.length; this.next++) {
      const text = this.received[this.next]!
      if (text.startsWith('model:')) this.ids.clear()
      if (text.startsWith('model:') || text.startsWith('node:')) {
        for (const [, id] of text.matchAll(/ id='n(\d+)'/g)) this.ids.set(Number(id), {})
      }
      if (text.startsWith('delete:')) expect(this.ids.delete(Number(text.slice(7)))).toBe(true)
      if (!text.startsWith('application/json:')) continue
      for (const { id, ...fields } of JSON.parse(text.slice(17)).updates ?? []) {
        expect(this.ids.has(id), `${text} names ${id}`).toBe(true)
        this.ids.set(id, { ...this.ids.get(id), ...fields })
      }
    }
    return this.ids
  }
}

test('viewers follow a world that is edited, paused or not; one who comes late sees the same', async () => {
  const chain = new Chain()
  chain.say({ type: 'load', world: 'worlds/w.wbt' })
  await chain.until(() => chain.messages.some(({ type }) => type === 'mode'))
  const view = chain.view()
  const before = [...view.read().keys()]

  // Paused: the change is shown without a step.
  const [added] = await chain.supervisor.edit({ add: ball('ball', 3) })
  expect(view.read().has(added!.id)).toBe(true)
  chain.supervisor.setPose(added!, { translation: [1, 2, 3], rotation: [0, 0, 0, 1] })
  await chain.until(() => view.read().get(added!.id)?.translation === '1 2 3')

  chain.say({ type: 'mode', mode: 'fast' })
  const [robot] = await chain.supervisor.edit({ add: 'E-puck { name "late" controller "drive" translation 0 1 0 }' })
  const start = chain.messages.findLast((message) => message.type === 'start-controller')
  expect(start).toMatchObject({ robot: 'late', name: 'drive', extern: false })
  const types = chain.messages.map(({ type }) => type)
  expect(types.lastIndexOf('node-added')).toBeLessThan(types.lastIndexOf('robots'))
  expect(types.lastIndexOf('robots')).toBeLessThan(types.lastIndexOf('start-controller'))
  chain.say({ type: 'controller-ended', controller: start!.controller, exitCode: 1, signal: null })
  const fallen = () => Number(String(view.read().get(added!.id)?.translation).split(' ')[2]) < 2.5
  await chain.until(fallen)
  const sky = chain.supervisor.scene.byDef.get('SKY')!
  chain.supervisor.setField(sky, 'luminosity', 0.5)
  await chain.until(() => view.read().get(sky.id)?.luminosity === '0.5')
  const late = chain.view()
  expect([...late.read().keys()].sort()).toEqual([...view.read().keys()].sort())
  expect(late.read().get(sky.id)?.luminosity).toBe('0.5')

  await chain.supervisor.edit({ remove: [robot!, added!] })
  chain.say({ type: 'reset' })
  await chain.until(() => chain.messages.some(({ type }) => type === 'reset-finished'))
  expect(chain.messages.findLast((message) => message.type === 'robots')?.robots).toEqual([])
  expect(chain.view().read().get(sky.id)?.luminosity).toBe('1')
  expect([...chain.view().read().keys()]).toEqual(before)
})
