import { type Failure, isFailure, isRecord, parseJson } from './message.js'
import { placeText, waitForSeat } from './queue.js'

export type StepName = 'seat' | 'process' | 'world' | 'frame'

/** One named step of the start, for the checklist on the screen. */
export interface Progress {
  readonly step: StepName
  readonly state: 'active' | 'done' | 'failed'
  readonly text?: string
  readonly percent?: number
  readonly error?: Failure
}

export class ConnectionFailure extends Error {
  constructor(
    readonly step: StepName,
    readonly failure: Failure,
  ) {
    super(failure.message)
  }
}

/** A seat on a simulation server. The simulation lives as long as `socket` is open. */
export interface Seat {
  readonly streamUrl: string
  readonly socket: WebSocket
  /** Servers of ours let a visitor come back whose line broke. */
  readonly ticket?: ReturnTicket
}

export interface ReturnTicket {
  readonly node: string
  readonly token: string
  readonly graceSeconds: number
}

/** What every session server says when nothing is free; ours then has a queue. */
const NO_SERVER = 'Error: no simulation server available'

/** Asks the session server for a seat and the simulation server for a simulator of the world. */
export async function takeSeat(
  server: string,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Seat> {
  report({ step: 'seat', state: 'active' })
  const node = await askForNode(server, report, signal)
  report({ step: 'seat', state: 'done' })
  return startSimulator(node, worldUrl(server), report, signal)
}

async function askForNode(server: string, report: (progress: Progress) => void, signal: AbortSignal): Promise<string> {
  let reply: Response
  try {
    reply = await fetch(server, { signal, cache: 'no-store' })
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new ConnectionFailure('seat', {
      code: 'VIEW_UNREACHABLE',
      message: 'The session server does not answer. Check the connection, then try again.',
    })
  }
  const text = (await reply.text()).trim()
  if (/^wss?:\/\//.test(text)) return text
  if (text.startsWith(NO_SERVER)) {
    const tell = (text: string) => report({ step: 'seat', state: 'active', text })
    const free = await waitForSeat(server, worldUrl(server), (place) => tell(placeText(place)), signal)
    if (free !== undefined) return free
  }
  throw new ConnectionFailure('seat', failureFromText(text, `The session server answered ${reply.status}.`))
}

function startSimulator(
  node: string,
  world: string,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Seat> {
  return new Promise((resolve, reject) => {
    report({ step: 'process', state: 'active' })
    const socket = new WebSocket(`${node.replace(/\/$/, '')}/client`)
    let current: StepName = 'process'
    let ticket: ReturnTicket | undefined
    const fail = (failure: Failure) => {
      socket.close()
      reject(new ConnectionFailure(current, failure))
    }
    const abort = () => {
      socket.close()
      reject(new DOMException('The connection was closed.', 'AbortError'))
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.addEventListener('open', () => socket.send(JSON.stringify({ start: { url: world, resume: true } })))
    socket.addEventListener('close', () =>
      fail({ code: 'VIEW_DISCONNECTED', message: 'The simulation server closed the connection before it was ready.' }),
    )
    socket.addEventListener('message', (event) => {
      const text = String(event.data)
      if (text.startsWith('webots:')) {
        report({ step: 'process', state: 'done' })
        signal.removeEventListener('abort', abort)
        resolve({ streamUrl: text.slice(7).trim(), socket, ...(ticket ? { ticket } : {}) })
      } else if (text.startsWith('simyard:')) {
        const step = parseJson(text.slice(8))
        if (isRecord(step) && step.type === 'resume' && typeof step.token === 'string') {
          ticket = { node, token: step.token, graceSeconds: Number(step.graceSeconds) || 0 }
          return
        }
        if (!isRecord(step) || step.type !== 'step' || !isStepName(step.name)) return
        current = step.name
        if (step.state === 'failed')
          fail(isFailure(step.error) ? step.error : { code: 'INTERNAL', message: 'The start failed.' })
        else if (step.state === 'active' || step.state === 'done') report({ step: step.name, state: step.state })
      } else if (/^(loading: *)?error:/i.test(text)) {
        const message = text.replace(/^(loading: *)?error: */i, '')
        // The typed step that names the code may follow at once.
        setTimeout(() => fail(failureFromText(message, 'The simulator could not be started.')), 150)
      } else if (text.startsWith('loading: ')) {
        report({ step: 'process', state: 'active', text: text.slice(9) })
      }
    })
  })
}

/** Goes back to a simulation after its line broke. Rejects when it is not there any more, or the server is out of reach. */
export function comeBack({ node, token }: ReturnTicket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${node.replace(/\/$/, '')}/client`)
    socket.addEventListener('open', () => socket.send(JSON.stringify({ resume: { token } })))
    socket.addEventListener('close', () => reject(new Error('The server is out of reach.')))
    socket.addEventListener('message', ({ data }) => {
      const event = parseJson(String(data).replace(/^simyard:/, ''))
      if (!isRecord(event)) return
      if (event.type === 'resumed') resolve(socket)
      else if (event.type === 'error' && isFailure(event.error)) reject(new ConnectionFailure('seat', event.error))
    })
  })
}

/** What follows `?url=`, unchanged: other servers expect it undecoded. */
function worldUrl(server: string): string {
  const at = server.indexOf('?url=')
  return at < 0 ? server : server.slice(at + 5)
}

function isStepName(value: unknown): value is StepName {
  return value === 'seat' || value === 'process' || value === 'world'
}

export function failureFromText(text: string, otherwise: string): Failure {
  const data = parseJson(text)
  if (isRecord(data) && isFailure(data.error)) return data.error
  if (isFailure(data)) return data
  const plain = text.startsWith('<') ? '' : text.replace(/^Error: */, '').slice(0, 400)
  return { code: 'VIEW_SERVER_REFUSED', message: plain || otherwise }
}
