import { FossBot, type FossBotArguments, GodotEnvironment, type GodotEnvironmentArguments } from '@simyard/client'
import { io, type Socket } from 'socket.io-client'
import type { FromProgram, ToProgram } from './program-message.js'

/** What the program's text becomes has two lines before its first. */
const LINES_BEFORE = 2
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>

/** So long a goodbye takes at most until the browser has it. */
const GOODBYE_MS = 50
const sockets: Socket[] = []
let over = false

const post = (message: FromProgram) => {
  if (!over) postMessage(message)
}

addEventListener('message', ({ data }: MessageEvent<ToProgram>) => {
  if (data.type === 'run') void run(data)
})

async function run({ script, sessionId, address }: Extract<ToProgram, { type: 'run' }>): Promise<void> {
  // Only the end of a WebSocket is noticed at once when this worker is stopped.
  const here = { server_address: address, transports: ['websocket', 'polling'] as const, io: opened }
  class PageFossBot extends FossBot {
    constructor(id: string = sessionId, settings: FossBotArguments = {}) {
      super(id, { ...here, ...settings })
    }
  }
  class PageEnvironment extends GodotEnvironment {
    constructor(id: string = sessionId, settings: GodotEnvironmentArguments = {}) {
      super(id, { ...here, ...settings })
    }
  }
  printConsole()
  try {
    const program = new AsyncFunction(
      'FossBot',
      'GodotEnvironment',
      'sessionId',
      'session_id',
      `"use strict";${script}\n//# sourceURL=program.js`,
    )
    await program(PageFossBot, PageEnvironment, sessionId, sessionId)
    end({ type: 'ended' })
  } catch (error) {
    fail(error)
  }
}

function opened(...where: Parameters<typeof io>): Socket {
  const socket = io(...where)
  sockets.push(socket)
  return socket
}

/** The program says goodbye before the page knows that it is over: its robots are free for the one that is started next. */
function end(how: FromProgram): void {
  if (over) return
  over = true
  for (const socket of sockets) socket.disconnect()
  setTimeout(() => postMessage(how), GOODBYE_MS)
}

/** What the program, and the libraries below it, print goes to the page. */
function printConsole(): void {
  const print =
    (stream: 'stdout' | 'stderr') =>
    (...values: unknown[]) => {
      for (const line of values.map(shown).join(' ').split('\n')) post({ type: 'print', stream, line })
    }
  for (const name of ['log', 'info', 'debug'] as const) console[name] = print('stdout')
  for (const name of ['warn', 'error'] as const) console[name] = print('stderr')
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    fail(event.reason)
  })
  addEventListener('error', (event) => {
    event.preventDefault()
    fail(event.error)
  })
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return String(value)
  try {
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  } catch {
    return String(value)
  }
}

function fail(error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const line = Number(/program\.js:(\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '')?.[1]) - LINES_BEFORE
  end({ type: 'failed', message, ...(line > 0 ? { line } : {}) })
}
