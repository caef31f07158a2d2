import { createHmac, randomBytes } from 'node:crypto'
import { type RoomRole, SimyardError, type TokenRequest } from '@simyard/protocol'
import { equal } from './page-session.js'

/** What an owner grants one member. */
export interface RoomGrant {
  /** Of the token, by which it can be revoked. */
  readonly id: string
  readonly room: string
  readonly username: string
  readonly role: RoomRole
  /** Seconds since 1970. */
  readonly expires: number
}

/** Makes and reads tokens: base64 JSON and a signature. The relay keeps none of them. */
export class RoomTokens {
  constructor(private readonly secret: string) {}

  issue(room: string, { username, role, expires_in }: TokenRequest, nowS: number): { token: string; expires: number } {
    const expires = Math.floor(nowS + expires_in)
    const grant: RoomGrant = { id: randomBytes(9).toString('base64url'), room, username, role, expires }
    const body = Buffer.from(JSON.stringify(grant)).toString('base64url')
    return { token: `${body}.${this.sign(body)}`, expires }
  }

  /** Throws ROOM_TOKEN_WRONG. */
  read(token: string, room: string, nowS: number): RoomGrant {
    const [body = '', signature = ''] = token.split('.')
    if (!equal(signature, this.sign(body))) throw wrong('was not made by this relay, or not since it was started')
    const grant = JSON.parse(Buffer.from(body, 'base64url').toString()) as RoomGrant
    if (grant.room !== room) throw wrong('is for another room')
    if (nowS >= grant.expires) throw wrong('has expired')
    return grant
  }

  private sign(body: string): string {
    // Apart from the cookie's signatures, which have the same secret.
    return createHmac('sha256', this.secret).update(`room-token.${body}`).digest('base64url')
  }
}

function wrong(why: string): SimyardError {
  return new SimyardError('ROOM_TOKEN_WRONG', `This token ${why}. Ask the owner of the room for a new one.`)
}
