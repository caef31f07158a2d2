import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Fleet, TicketAnswer } from '@simyard/fleet'
import { type SessionAnswer, SessionRequest, SimyardError } from '@simyard/protocol'
import { jsonBody } from './request-body.js'

export const SESSIONS_PATH = '/api/v1/sessions'
const RETRY_AFTER_MS = 2000

/** For pages that would rather wait in a queue than hear that there is no seat. */
export class VisitorApi {
  constructor(
    private readonly fleet: Fleet,
    /** The address that a visitor gets for an entry. */
    private readonly address: (entry: string, request: IncomingMessage) => string,
  ) {}

  answer(request: IncomingMessage, pathname: string): Promise<SessionAnswer | undefined> | undefined {
    if (pathname === SESSIONS_PATH) return request.method === 'POST' ? this.open(request) : undefined
    if (!pathname.startsWith(`${SESSIONS_PATH}/`)) return undefined
    const ticket = pathname.slice(SESSIONS_PATH.length + 1)
    switch (request.method) {
      case 'GET':
        return this.ask(request, ticket)
      case 'DELETE':
        return this.giveBack(ticket)
      default:
        return undefined
    }
  }

  private async open(request: IncomingMessage): Promise<SessionAnswer> {
    const { url } = await jsonBody(request, SessionRequest)
    const ticket = randomBytes(16).toString('base64url')
    const answer = this.fleet.enqueue(ticket, performance.now(), url)
    if (answer) return this.sessionAnswer(request, ticket, answer)
    throw new SimyardError('FLEET_NO_CAPACITY', 'Too many visitors wait for a seat already. Try again in a minute.')
  }

  private async ask(request: IncomingMessage, ticket: string): Promise<SessionAnswer> {
    const answer = this.fleet.ask(ticket, performance.now())
    if (!answer) throw lapsed()
    return this.sessionAnswer(request, ticket, answer)
  }

  private async giveBack(ticket: string): Promise<undefined> {
    if (!this.fleet.giveBack(ticket, performance.now())) throw lapsed()
  }

  private sessionAnswer(request: IncomingMessage, ticket: string, answer: TicketAnswer): SessionAnswer {
    if (answer.state === 'seat') return { server: this.address(answer.entry, request) }
    const { place, waitMs } = answer
    const estimateSeconds = waitMs === undefined ? null : Math.round(waitMs / 1000)
    return { ticket, place, estimateSeconds, retryAfterMs: RETRY_AFTER_MS }
  }
}

function lapsed(): SimyardError {
  return new SimyardError('TICKET_LAPSED', 'This place in the queue was given up. Ask for a new one.')
}
