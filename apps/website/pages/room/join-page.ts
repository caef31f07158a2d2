import '../style/room.css'
import { siteUrl } from '../site/root.js'
import type { SimyardView } from '../site/simyard-view.js'
import { manageTheme, type Theme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { showWatchedRoom, tellProblems, type WatchableRoom, whyNotWatchable } from './watched-room.js'

const find = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!

interface RoomAnswer extends WatchableRoom {
  readonly simulator: 'expected' | 'here' | 'away' | 'gone'
  readonly members: number
  readonly role: 'viewer' | 'driver' | 'stage-hand' | 'owner'
  readonly error?: { readonly message: string }
}

/** The page for who has a code: the room to watch, what it lets one do, and a place for a program. */
function start(): void {
  placeWordmark()
  let view: SimyardView | undefined
  let onTheme: ((theme: Theme) => void) | undefined
  let chosen: Theme | undefined
  manageTheme(find('#theme'), (theme) => {
    chosen = theme
    view?.setAttribute('theme', theme)
    onTheme?.(theme)
  })
  const field = find<HTMLInputElement>('#code')
  const answer = find('#answer')
  const button = find('#watch')
  find<HTMLFormElement>('#join-form').addEventListener('submit', (event) => {
    event.preventDefault()
    void join(field.value.trim(), false)
  })
  const query = new URLSearchParams(location.search)
  const fromAddress = query.get('code')
  if (fromAddress) {
    field.value = fromAddress
    void join(fromAddress, query.has('watch'))
  } else field.focus()

  async function join(code: string, watches: boolean): Promise<void> {
    answer.textContent = 'Looking for the room …'
    const reply = await fetch(siteUrl(`api/v1/rooms/${encodeURIComponent(code)}`)).catch(() => undefined)
    const room = (await reply?.json().catch(() => undefined)) as RoomAnswer | undefined
    if (!reply?.ok || !room) {
      answer.textContent = room?.error?.message ?? 'The server does not answer. Check the connection, then try again.'
      return
    }
    const missing = whyNotWatchable(room)
    answer.textContent = missing === undefined ? roomText(room) : `${roomText(room)} ${missing}`
    button.hidden = missing !== undefined
    button.onclick = () => void watch(room)
    if (watches && missing === undefined) await watch(room)
    const mayDrive = room.role !== 'viewer' && room.simulator === 'here'
    find('#desk').hidden = !mayDrive
    if (!mayDrive || onTheme) return
    const [{ ProgramDesk }, { presets }] = await Promise.all([
      import('./program/program-desk.js'),
      import('./program/program-preset.js'),
    ])
    const desk = new ProgramDesk({ id: code.toUpperCase(), address: siteUrl('') }, presets, 'join')
    onTheme = (theme) => desk.setTheme(theme)
  }

  async function watch(room: RoomAnswer): Promise<void> {
    button.hidden = true
    try {
      view?.close()
      view = await showWatchedRoom(find('#watched'), room)
      if (chosen) view.setAttribute('theme', chosen)
      if (room.role === 'viewer') answer.textContent = ''
      tellProblems(view, (message) => {
        answer.textContent = message
        button.hidden = false
      })
    } catch (error) {
      answer.textContent = error instanceof Error ? error.message : String(error)
      button.hidden = false
    }
  }
}

function roomText({ simulator, members, role }: RoomAnswer): string {
  if (simulator !== 'here') return 'The room is there, and its simulator is not: open its page again, then join.'
  const there = members === 0 ? 'Nobody is in it.' : members === 1 ? 'One is in it.' : `${members} are in it.`
  return role === 'viewer'
    ? `The room is open. ${there} With its code you may watch, and not drive: ask its owner to let you, then join again.`
    : `The room is open. ${there} Write a program for its robots.`
}

start()
