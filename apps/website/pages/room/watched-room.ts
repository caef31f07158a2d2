import { siteUrl } from '../site/root.js'
import { createView, onView, type SimyardView } from '../site/simyard-view.js'

/** What the relay tells of a room, as far as watching needs it. */
export interface WatchableRoom {
  readonly watch_id?: string
  readonly host?: 'tab' | 'server'
  readonly title?: string
  readonly not_watchable?: { readonly message: string }
  readonly watching: boolean
}

const hosts = {
  tab: 'It is simulated in the browser tab of who opened this room. You watch, and change nothing.',
  server: 'It is simulated on a server of this site. You watch, and change nothing.',
} as const

/** Why there is nothing to watch; undefined when there is. */
export function whyNotWatchable({ watch_id, not_watchable, watching }: WatchableRoom): string | undefined {
  if (not_watchable) return not_watchable.message
  if (!watching) return 'Its owner lets nobody watch.'
  return watch_id === undefined ? 'It cannot be watched.' : undefined
}

/** Shows a room that others drive, in the place of the page for that. Throws when the view cannot be loaded. */
export async function showWatchedRoom(place: HTMLElement, room: WatchableRoom): Promise<SimyardView> {
  const view = await createView()
  if (!view) throw new Error('The 3D view could not be loaded. Reload the page to try again.')
  const title = place.querySelector('h2')!
  title.textContent = room.title || 'The room'
  document.title = `${title.textContent} – Simyard`
  place.querySelector('#watched-host')!.textContent = room.host ? hosts[room.host] : 'You watch, and change nothing.'
  const stream = new URL(siteUrl(`api/v1/rooms/${room.watch_id}/stream/`))
  stream.protocol = stream.protocol.replace('http', 'ws')
  onView(view, 'simyard-progress', ({ step, state }) => {
    // Who looks on sees the robot wherever it drives.
    if (step === 'frame' && state === 'done') view.look('follow')
  })
  view.setAttribute('broadcast', '')
  view.setAttribute('controls', '')
  view.setAttribute('stream', stream.href)
  place.hidden = false
  place.querySelector('#view-box')!.replaceChildren(view)
  return view
}

/** Tells of what goes wrong while one watches, in words for people. */
export function tellProblems(view: SimyardView, tell: (message: string) => void): void {
  onView(view, 'simyard-error', ({ error }) => tell(error.message))
}
