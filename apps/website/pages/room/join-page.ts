import '../style/room.css'
import { siteUrl } from '../site/root.js'
import { manageTheme, type Theme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'

const find = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!

interface RoomAnswer {
  readonly simulator: 'expected' | 'here' | 'away' | 'gone'
  readonly members: number
  readonly role: 'viewer' | 'driver' | 'stage-hand' | 'owner'
  readonly error?: { readonly message: string }
}

/** The page for who has a code: what the room lets one do, and a place for a program. */
function start(): void {
  placeWordmark()
  let onTheme: ((theme: Theme) => void) | undefined
  manageTheme(find('#theme'), (theme) => onTheme?.(theme))
  const field = find<HTMLInputElement>('#code')
  find<HTMLFormElement>('#join-form').addEventListener('submit', (event) => {
    event.preventDefault()
    void join(field.value.trim())
  })
  const fromAddress = new URLSearchParams(location.search).get('code')
  if (fromAddress) {
    field.value = fromAddress
    void join(fromAddress)
  } else field.focus()

  async function join(code: string): Promise<void> {
    const answer = find('#answer')
    answer.textContent = 'Looking for the room …'
    const reply = await fetch(siteUrl(`api/v1/rooms/${encodeURIComponent(code)}`)).catch(() => undefined)
    const room = (await reply?.json().catch(() => undefined)) as RoomAnswer | undefined
    if (!reply?.ok || !room) {
      answer.textContent = room?.error?.message ?? 'The server does not answer. Check the connection, then try again.'
      return
    }
    answer.textContent = roomText(room)
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
}

function roomText({ simulator, members, role }: RoomAnswer): string {
  if (simulator !== 'here') return 'The room is there, and its simulator is not: open its page again, then join.'
  const there = members === 0 ? 'Nobody is in it.' : members === 1 ? 'One is in it.' : `${members} are in it.`
  return role === 'viewer'
    ? `The room is open. ${there} With its code you may be there, and not drive: ask its owner to let you, then join again.`
    : `The room is open. ${there} Write a program for its robots; you see them on the owner’s screen.`
}

start()
