import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { Instance, InstanceEvents } from '../instance/instance.js'
import { Seats } from '../seats.js'
import { Visit } from './visit.js'

/** A connection that records what was sent; closing it reaches the visit as with a real one. */
class Connection extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  readonly sent: string[] = []
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    if (this.readyState !== this.OPEN) return
    this.readyState = 3
    this.emit('close')
  }
  terminate(): void {
    this.close()
  }
}

/** What can happen to one visitor, in any order. */
const happenings = ['start', 'start again', 'garbage', 'opens', 'fails to open', 'ready', 'ends', 'leaves'] as const
type Happening = (typeof happenings)[number]

class Visitor {
  readonly connection = new Connection()
  closed = 0
  events: InstanceEvents | undefined
  finishOpening: ((fail: boolean) => void) | undefined

  constructor(seats: Seats) {
    new Visit(this.connection as unknown as WebSocket, {
      timeoutSeconds: 3600,
      returning: new Map(),
      failed: () => undefined,
      open: async (_start, _session, events) => {
        const release = seats.take()
        this.events = events
        const fail = await new Promise<boolean>((resolve) => {
          this.finishOpening = resolve
        })
        if (fail) {
          release()
          throw new Error('the simulator did not start')
        }
        const instance = { open: async () => events.started(), close: () => this.closed++ } as unknown as Instance
        return { instance, streamUrl: 'ws://h:2001', release }
      },
    })
  }

  async happens(what: Happening): Promise<void> {
    switch (what) {
      case 'start':
      case 'start again':
        this.connection.emit('message', '{"start":{"url":"u"}}', false)
        break
      case 'garbage':
        this.connection.emit('message', 'garbage', false)
        break
      case 'opens':
      case 'fails to open':
        this.finishOpening?.(what === 'fails to open')
        break
      case 'ready':
        if (this.opened) this.events?.ready()
        break
      case 'ends':
        if (this.opened) this.events?.ended({ code: 'SIMULATOR_CRASHED', message: 'gone' })
        break
      case 'leaves':
        this.connection.close()
    }
    await new Promise(setImmediate)
  }

  private get opened(): boolean {
    return this.connection.sent.some((text) => text.startsWith('shutdownTimeout:'))
  }
}

test('whatever happens in whatever order, no seat is given twice and every visit gives its seat back', async () => {
  const events = fc.array(fc.tuple(fc.nat(5), fc.constantFrom(...happenings)), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), events, async (total, list) => {
      const seats = new Seats(total)
      const visitors = Array.from({ length: 6 }, () => new Visitor(seats))
      for (const [index, what] of list) {
        await visitors[index]!.happens(what)
        expect(seats.takenCount).toBeLessThanOrEqual(total)
      }
      // Everybody goes; what was still starting comes to its end.
      for (const visitor of visitors) {
        await visitor.happens('leaves')
        await visitor.happens('opens')
        expect(visitor.closed).toBeLessThanOrEqual(1)
        expect(
          visitor.connection.sent.filter((text) => text.startsWith('shutdownTimeout:')).length,
        ).toBeLessThanOrEqual(1)
      }
      expect(seats.takenCount).toBe(0)
      await seats.whenEmpty()
    }),
    { numRuns: 300 },
  )
})

test('draining gives out no more seats and ends when the last one is free; a seat given back twice counts once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('take', 'free', 'free again', 'drain', 'reopen')), async (list) => {
      const seats = new Seats(3)
      const held: (() => void)[] = []
      const freed: (() => void)[] = []
      let draining = false
      for (const what of list) {
        if (what === 'take') {
          const may = !draining && held.length < 3
          if (may) held.push(seats.take())
          else expect(() => seats.take()).toThrow(draining ? 'closing' : 'seats')
        } else if (what === 'free') {
          const release = held.shift()
          release?.()
          if (release) freed.push(release)
        } else if (what === 'free again') freed.at(-1)?.()
        else if (what === 'drain') {
          draining = true
          seats.drain('closing')
        } else {
          draining = false
          seats.reopen()
        }
        expect(seats.takenCount).toBe(held.length)
        expect(seats.full).toBe(held.length === 3)
      }
      const empty = seats.whenEmpty()
      for (const release of held) release()
      await empty
    }),
    { numRuns: 300 },
  )
})
