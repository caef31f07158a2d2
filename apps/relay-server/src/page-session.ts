import { createHmac, timingSafeEqual } from 'node:crypto'

/** What the cookie of a simulator page says. */
export interface PageSession {
  /** The room that the browser's last page opened. */
  readonly session_id: string
  /** The same for all pages of one browser. */
  readonly browser: string
}

/** Name and shape are those of the original: base64 JSON, a time, a signature. */
const COOKIE = 'session'
/** A room lives no longer, so that a cookie need not either. */
const LONGEST_AGE_S = 7 * 86_400

/** Signs and reads the cookie by which a page is known that does not say who it is. */
export class PageSessions {
  constructor(private readonly secret: string) {}

  /** A Set-Cookie header. */
  header(session: PageSession, nowS: number, secure: boolean): string {
    const body = `${Buffer.from(JSON.stringify(session)).toString('base64url')}.${Math.floor(nowS).toString(36)}`
    return `${COOKIE}=${body}.${this.sign(body)}; HttpOnly; Path=/; SameSite=Lax${secure ? '; Secure' : ''}`
  }

  /** Undefined without a cookie, or with one that is not ours. */
  read(cookieHeader: string | undefined, nowS: number): PageSession | undefined {
    const value = /(?:^|;\s*)session=([^;]+)/.exec(cookieHeader ?? '')?.[1]
    const [payload, time, signature] = value?.split('.') ?? []
    if (payload === undefined || time === undefined || signature === undefined) return undefined
    if (!equal(signature, this.sign(`${payload}.${time}`))) return undefined
    if (nowS - Number.parseInt(time, 36) > LONGEST_AGE_S) return undefined
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as PageSession
  }

  private sign(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url')
  }
}

/** In a time that tells nothing about where two secrets differ. */
export function equal(left: string, right: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
