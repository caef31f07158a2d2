import { type BrowserConnect, SimyardError } from '@simyard/protocol'
import type { Room, RoomDirectory } from '@simyard/rooms'
import type { PageOrigin } from './connection.js'
import { equal, type PageSessions } from './page-session.js'

interface ResolvedPage {
  readonly room: Room
  /** The page said which room is its own, and has proved it: it may replace a connection that it had. */
  readonly certain: boolean
}

/**
 * Which room a simulator page belongs to. Two tabs of a browser share one cookie, so that the cookie proves only the
 * browser: the page says the room in its message or in its address, or it is the only one of the browser that misses
 * its simulator.
 */
export class PageResolver {
  constructor(
    private readonly rooms: RoomDirectory,
    private readonly sessions: PageSessions,
  ) {}

  resolve(request: BrowserConnect, page: PageOrigin): ResolvedPage {
    if (request.session_id !== undefined)
      return { room: this.named(request.session_id, request.key, page), certain: true }
    const browser = this.browserOf(page)
    if (browser === undefined) {
      throw new SimyardError(
        'ROOM_NOT_FOUND',
        'This page has no room. Send session_id and key with browserConnect, or load the page from here with cookies.',
      )
    }
    const own = this.rooms.ofBrowser(browser)
    const address = sessionInAddress(page.referer)
    const addressed = own.find(({ id }) => id === address)
    if (addressed) return { room: addressed, certain: true }
    const missing = own.filter(({ simulator }) => simulator === 'away' || simulator === 'expected')
    if (missing.length > 1) {
      throw new SimyardError(
        'ROOM_PAGE_AMBIGUOUS',
        'Several tabs of this browser wait for their room, and this page does not say which is its own. Close the others and load it again.',
      )
    }
    const [room] = missing
    if (room) return { room, certain: false }
    throw new SimyardError(
      own.length > 0 ? 'ROOM_SIMULATOR_TAKEN' : 'ROOM_NOT_FOUND',
      own.length > 0
        ? 'The rooms of this browser have their simulators already. Load this page again to get a new one.'
        : 'The room of this page has ended. Load it again to get a new one.',
    )
  }

  private named(id: string, key: string | undefined, page: PageOrigin): Room {
    const room = this.rooms.find(id)?.room
    if (!room) {
      throw new SimyardError('ROOM_NOT_FOUND', 'The room of this page has ended. Load the page again to get a new one.')
    }
    const browser = this.browserOf(page)
    const proved =
      key === undefined
        ? room.id === id && browser !== undefined && browser === room.identity.browser
        : equal(key, room.identity.key)
    if (!proved) {
      throw new SimyardError('ROOM_KEY_WRONG', 'Only the page that opened a room may be its simulator. Open a new one.')
    }
    return room
  }

  private browserOf({ cookie }: PageOrigin): string | undefined {
    return this.sessions.read(cookie, Date.now() / 1000)?.browser
  }
}

/** A page whose address ends in `?session_id=…` tells it with its first request, without knowing. */
function sessionInAddress(referer: string | undefined): string | undefined {
  if (referer === undefined || !URL.canParse(referer)) return undefined
  return new URL(referer).searchParams.get('session_id') ?? undefined
}
