import { MAX_MESSAGE_BYTES, STATE_EMPTY, STATE_LOST, type ToLink } from './link-message.js'
import type { FromProgram, ToProgram } from './program-message.js'
import socketioModule from './socketio.py?raw'

/** What of Pyodide is used here; it is loaded by address, and has no types there. */
interface Python {
  runPythonAsync(code: string, options?: { filename?: string }): Promise<unknown>
  registerJsModule(name: string, module: object): void
  setStdout(options: { batched: (line: string) => void }): void
  setStderr(options: { batched: (line: string) => void }): void
  readonly FS: { writeFile(path: string, data: string): void }
  readonly ffi: object
}

const post = (message: FromProgram) => postMessage(message)
const decoder = new TextDecoder()
let python: Promise<Python> | undefined

addEventListener('message', ({ data }: MessageEvent<ToProgram>) => {
  if (data.type === 'prepare') {
    python = load(data)
    // Whoever runs a program is told.
    python.catch(() => undefined)
  } else void run(data)
})

async function load({ site, link, memory }: Extract<ToProgram, { type: 'prepare' }>): Promise<Python> {
  post({ type: 'progress', text: 'Loading Python …' })
  const { loadPyodide } = (await import(/* @vite-ignore */ new URL('pyodide/pyodide.mjs', site).href)) as {
    loadPyodide(options: { indexURL: string }): Promise<Python>
  }
  const [loaded, library] = await Promise.all([
    loadPyodide({ indexURL: new URL('pyodide/', site).href }),
    fetchText(new URL('assets/python/fossbot.py', site)),
  ])
  loaded.setStdout({ batched: (line) => post({ type: 'print', stream: 'stdout', line }) })
  loaded.setStderr({ batched: (line) => post({ type: 'print', stream: 'stderr', line }) })
  loaded.registerJsModule('simyard_page', pageModule(link, memory))
  loaded.FS.writeFile('/home/pyodide/socketio.py', socketioModule)
  loaded.FS.writeFile('/home/pyodide/fossbot.py', library)
  await loaded.runPythonAsync('import socketio')
  post({ type: 'progress', text: '' })
  return loaded
}

/** The connection for Python, and a wait that really waits. */
function pageModule(link: MessagePort, memory: SharedArrayBuffer | undefined): object {
  const send = (message: ToLink) => link.postMessage(message)
  const outgoing = {
    connect: (client: number, address: string, namespace: string, path: string) =>
      send({ type: 'connect', client, address, namespace, path }),
    emit: (client: number, event: string, args: string, question: number) =>
      send({ type: 'emit', client, event, args: JSON.parse(args) as unknown[], question }),
    disconnect: (client: number) => send({ type: 'disconnect', client }),
  }
  if (!memory) return { ...outgoing, shared: false, receive: receiverByMessages(link) }
  const header = new Int32Array(memory, 0, 3)
  const bytes = new Uint8Array(memory, 12, MAX_MESSAGE_BYTES)
  /** The next message, or nothing after so many milliseconds. */
  const receive = (ms: number): string | undefined => {
    if (Atomics.load(header, 0) === STATE_EMPTY) Atomics.wait(header, 0, STATE_EMPTY, ms)
    const state = Atomics.load(header, 0)
    if (state === STATE_EMPTY) return undefined
    // A decoder does not read shared memory.
    const text = decoder.decode(bytes.slice(0, header[1]))
    Atomics.store(header, 0, STATE_EMPTY)
    send({ type: 'taken' })
    if (state === STATE_LOST) throw new Error('A message of more than a megabyte came, and was left out.')
    return text
  }
  return { ...outgoing, shared: true, receive }
}

/** Where memory cannot be shared: a promise, for which Python can wait in browsers with JSPI. */
function receiverByMessages(link: MessagePort): (ms: number) => Promise<string | undefined> {
  const waiting: string[] = []
  let wake: (() => void) | undefined
  link.onmessage = ({ data }: MessageEvent<string>) => {
    waiting.push(data)
    wake?.()
  }
  return async (ms) => {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, Math.min(ms, 2 ** 31 - 1))
      })
    }
    return waiting.shift()
  }
}

async function run({ script, sessionId, address }: Extract<ToProgram, { type: 'run' }>): Promise<void> {
  try {
    const interpreter = await python!
    interpreter.registerJsModule('simyard_session', { session_id: sessionId, address })
    await interpreter.runPythonAsync(PREPARE)
    await interpreter.runPythonAsync(script, { filename: 'program.py' })
    post({ type: 'ended' })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const lines = text.trimEnd().split('\n')
    // Python's own frames above the program's say nothing to its author.
    const first = lines.findIndex((line) => line.includes('"program.py"'))
    const shown = first < 0 ? lines.slice(-1) : ['Traceback (most recent call last):', ...lines.slice(first)]
    for (const line of shown.slice(0, -1)) post({ type: 'print', stream: 'stderr', line })
    const numbers = [...text.matchAll(/"program\.py", line (\d+)/g)].map(([, line]) => Number(line))
    post({ type: 'failed', message: shown.at(-1) ?? text, ...(numbers.length > 0 ? { line: numbers.at(-1)! } : {}) })
  }
}

/** Programs of other places name a session and a server; here both are known. */
const PREPARE = `
import builtins, simyard_session
builtins.session_id = simyard_session.session_id
import socketio
socketio._here = simyard_session.address
`

async function fetchText(address: URL): Promise<string> {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${address.pathname} is not there (${answer.status}).`)
  return answer.text()
}
