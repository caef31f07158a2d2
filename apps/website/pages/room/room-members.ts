import { FOSSBOT_NAMESPACE, lobbyEvent, type MemberEntry, type RoomRole } from '@simyard/protocol'
import { io, type Socket } from 'socket.io-client'
import type { PageRoom } from './page-room.js'

type Answer = { readonly ok: true } & Readonly<Record<string, unknown>>
type Refusal = { readonly ok: false; readonly error: { readonly message: string } }
interface Waiting {
  readonly user_id: string
  readonly username: string
  readonly watches?: boolean
}

const roleNames: readonly (readonly [RoomRole, string])[] = [
  ['viewer', 'may watch'],
  ['driver', 'may drive'],
  ['stage-hand', 'may change the world'],
  ['owner', 'owner'],
]
const TIMEOUT_MS = 5000

/** Who is in the room, and what the owner decides about them. The page is the owner: it has the key. */
export class RoomMembers {
  private readonly socket: Socket
  private readonly list = document.createElement('ul')
  private readonly codeRole = document.createElement('select')
  private readonly watchers = document.createElement('p')
  private readonly watching = document.createElement('input')
  private readonly problem = document.createElement('p')
  private own: string | undefined
  private asked = false

  constructor(
    place: HTMLElement,
    private readonly room: PageRoom,
    /** How many there are beside the page, and how many watch. */
    private readonly onCount: (members: number, watchers: number) => void,
  ) {
    const heading = document.createElement('h3')
    heading.textContent = 'In this room'
    this.list.className = 'members'
    this.problem.className = 'problem'
    this.problem.setAttribute('role', 'alert')
    this.watchers.className = 'watchers quiet'
    place.append(heading, this.list, this.watchers, this.settings(), this.problem)
    const { origin, pathname } = new URL(room.address)
    this.socket = io(`${origin}${FOSSBOT_NAMESPACE}`, {
      path: `${pathname}socket.io/`,
      transports: ['websocket', 'polling'],
    })
    this.socket.on('connect', () => void this.join())
    for (const event of Object.values(lobbyEvent)) this.socket.on(event, () => this.refreshSoon())
    this.show([], [], 0)
  }

  private async join(): Promise<void> {
    const { id, key } = this.room
    const answer = await this.ask('join_room', { room: id, key, username: 'This page' })
    this.own = answer?.user_id as string | undefined
    if (!answer) return
    await this.refresh()
    await this.readSettings()
  }

  /** A page that is loaded again finds the room as it was set. */
  private async readSettings(): Promise<void> {
    const { address, code } = this.room
    const reply = await fetch(new URL(`api/v1/rooms/${code}`, address)).catch(() => undefined)
    if (!reply?.ok) return
    const { role, watching } = (await reply.json()) as { role: RoomRole; watching: boolean }
    this.codeRole.value = role
    this.watching.checked = watching
  }

  /** Several things that happen at once are asked for once. */
  private refreshSoon(): void {
    if (this.asked) return
    this.asked = true
    setTimeout(() => {
      this.asked = false
      void this.refresh()
    }, 150)
  }

  private async refresh(): Promise<void> {
    const answer = await this.ask('list_members')
    if (!answer) return
    const members = (answer.members as MemberEntry[]).filter(({ user_id }) => user_id !== this.own)
    this.show(members, (answer.waiting as Waiting[] | undefined) ?? [], answer.watchers as number)
  }

  private async decide(event: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    this.problem.textContent = ''
    await this.ask(event, payload)
    await this.refresh()
  }

  private async ask(event: string, payload?: Readonly<Record<string, unknown>>): Promise<Answer | undefined> {
    try {
      const answer: Answer | Refusal = await this.socket
        .timeout(TIMEOUT_MS)
        .emitWithAck(event, ...(payload === undefined ? [] : [payload]))
      if (answer.ok) return answer
      this.problem.textContent = answer.error.message
    } catch {
      // The connection is lost; it is asked again when it is back.
    }
    return undefined
  }

  // ---- what is shown ----------------------------------------------------------------------------------------------

  private show(members: readonly MemberEntry[], waiting: readonly Waiting[], watchers: number): void {
    this.onCount(members.length, watchers)
    this.watchers.textContent =
      watchers === 0 ? 'Nobody watches.' : watchers === 1 ? 'One watches.' : `${watchers} watch.`
    // Who is choosing a role must not lose the list under the hand.
    if (this.list.contains(document.activeElement) && document.activeElement instanceof HTMLSelectElement) return
    const rows = [...waiting.map((one) => this.waitingRow(one)), ...members.map((one) => this.memberRow(one))]
    const none = document.createElement('li')
    none.className = 'quiet'
    none.textContent = 'Nobody else yet.'
    this.list.replaceChildren(...(rows.length > 0 ? rows : [none]))
  }

  private memberRow({ user_id, username, role, here, robots }: MemberEntry): HTMLElement {
    const name = nameOf(username, robots)
    const row = document.createElement('li')
    const label = document.createElement('span')
    label.className = 'name'
    label.textContent = here ? name : `${name} (connection lost)`
    if (robots.length > 0) label.title = `Drives ${robots.join(', ')}`
    const select = document.createElement('select')
    select.setAttribute('aria-label', `What ${name} may do`)
    select.append(...roleNames.map(([value, text]) => new Option(text, value)))
    select.value = role
    select.addEventListener('change', () => {
      select.blur()
      void this.decide('promote_member', { user_id, role: select.value })
    })
    row.append(label, select, this.button('Remove', `Remove ${name}`, 'remove_member', { user_id }))
    return row
  }

  private waitingRow({ user_id, username, watches }: Waiting): HTMLElement {
    const row = document.createElement('li')
    row.className = 'waiting'
    const label = document.createElement('span')
    label.className = 'name'
    label.textContent = `${username || 'A program'} wants ${watches ? 'to watch' : 'in'}`
    row.append(
      label,
      this.button('Admit', `Admit ${username}`, 'admit_member', { user_id }),
      this.button('Refuse', `Refuse ${username}`, 'remove_member', { user_id }),
    )
    return row
  }

  private button(text: string, label: string, event: string, payload: { readonly user_id: string }): HTMLElement {
    const made = document.createElement('button')
    made.type = 'button'
    made.className = 'text-button'
    made.textContent = text
    made.setAttribute('aria-label', label)
    made.addEventListener('click', () => void this.decide(event, payload))
    return made
  }

  private settings(): HTMLElement {
    const box = document.createElement('div')
    box.className = 'room-settings'
    const code = this.codeRole
    code.append(...roleNames.slice(0, 3).map(([value, text]) => new Option(text, value)))
    code.addEventListener('change', () => void this.decide('set_room', { code_role: code.value }))
    const codeLabel = document.createElement('label')
    codeLabel.append('Who has the code', code)
    box.append(
      codeLabel,
      this.check('Ask me before somebody comes in', 'admission'),
      this.check('Let nobody new in', 'locked'),
      this.check('Let others watch', 'watching', this.watching),
    )
    return box
  }

  private check(
    text: string,
    setting: 'admission' | 'locked' | 'watching',
    input = document.createElement('input'),
  ): HTMLElement {
    const label = document.createElement('label')
    input.type = 'checkbox'
    input.checked = setting === 'watching'
    input.addEventListener('change', () => void this.decide('set_room', { [setting]: input.checked }))
    label.append(input, text)
    return label
  }
}

function nameOf(username: string, robots: readonly string[]): string {
  return username || (robots.length > 0 ? `Program of ${robots.join(', ')}` : 'A program')
}
