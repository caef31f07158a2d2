import {
  clearsRobots,
  type FossbotCommand,
  type FossbotReply,
  fossbotCommandKind,
  fossbotEvent,
  fossbotExit,
  fossbotText,
  type LobbySettings,
  lobbyEvent,
  type MemberEntry,
} from '@simyard/protocol'
import { MessageLog, type MessageLogOptions } from './message-log.js'
import { type Delivery, nothing, type Outcome, refuse } from './outcome.js'
import { RobotClaims } from './robot-claims.js'
import { mayActAs, type Role } from './role.js'

export interface RoomOptions {
  readonly maxMembers: number
  /** Robots that one member may drive at a time. */
  readonly maxRobotsPerMember: number
  /** For how long the place of somebody is kept whose connection was lost. */
  readonly returnMs: number
  /** For how long a room waits for its first, or its next, simulator. */
  readonly simulatorWaitMs: number
  readonly longestLifeMs: number
  readonly log: MessageLogOptions
  /** Commands that wait at most for a simulator whose connection was lost. */
  readonly maxWaitingCommands: number
}

export interface RoomIdentity {
  readonly id: string
  readonly code: string
  /** Whoever has it is the owner, and may be the simulator. */
  readonly key: string
  /** The browser whose page opened the room, when it is known by a cookie. */
  readonly browser?: string
  /** What those may who know the id. */
  readonly idRole: Role
  /** What those may who know the join code. */
  readonly codeRole: Role
}

export interface JoinRequest {
  /** The id by which the simulator and the replies name the member. */
  readonly id: string
  readonly role: Role
  readonly environmentUser: boolean
  /** Told to the simulator, with the member's id, when the member may drive. */
  readonly announcement: Readonly<Record<string, unknown>>
  /** The robot that it wants to drive at once. */
  readonly robot?: string
  /** With it the member keeps its place when its connection is lost, and gets numbered messages. */
  readonly returnKey?: string
  readonly username?: string
  /** It wants to be told who comes, goes and changes. */
  readonly presence?: boolean
  /** A person who waits for others: comes before the simulator too, which hears nothing of it. */
  readonly lobby?: boolean
  /** It need not be admitted: it has the key, or a token of the owner. */
  readonly invited?: boolean
  readonly tokenId?: string
}

/** What became of a request to join. */
export interface Entry extends Outcome {
  /** An owner has to admit it. */
  readonly waiting?: true
}

interface Member {
  readonly id: string
  role: Role
  readonly username: string
  presence: boolean
  readonly tokenId: string | undefined
  environmentUser: boolean
  readonly returnKey: string | undefined
  /** Number of its last message, when it numbers them. */
  received: number
  /** Since when its connection is lost. */
  awaySinceMs: number | undefined
  /** Its own end closed the connection: a program that was ended, not a line that broke. */
  closed: boolean
}

interface Seat {
  /** The connection. */
  id: string
  numbered: boolean
  presence: boolean
  /** Number of its last answer, when it numbers them. */
  received: number
  /** What was said before it came was for another simulator. */
  readonly since: number
  away: { readonly sinceMs: number; readonly lastNumber: number; waiting: number } | undefined
}

/** So long a robot waits for a driver whose connection broke, when somebody else wants it. */
const DRIVER_WAIT_MS = 5000

/** The simulator's name in the log: its connection changes. */
const SIMULATOR = 'simulator'

/** People and programs around one simulator. */
export class Room {
  private readonly members = new Map<string, Member>()
  private readonly claims = new RobotClaims()
  private readonly log: MessageLog
  private seat: Seat | undefined
  private vacantSinceMs: number
  private everSeated = false
  /** Time of the last tick. */
  private nowMs: number
  private locked = false
  private admission = false
  private grant: Role
  private readonly waiting = new Map<string, JoinRequest>()
  /** Tokens of members who were removed. */
  private readonly revoked = new Set<string>()
  private over = false

  constructor(
    readonly identity: RoomIdentity,
    private readonly options: RoomOptions,
    readonly openedMs: number,
  ) {
    this.log = new MessageLog(options.log)
    this.vacantSinceMs = openedMs
    this.nowMs = openedMs
    this.grant = identity.codeRole
  }

  get id(): string {
    return this.identity.id
  }

  get memberCount(): number {
    return this.members.size
  }

  get ended(): boolean {
    return this.over
  }

  /** `expected` before there was one; `away` while its connection is lost and its place is kept; `gone` after that. */
  get simulator(): 'expected' | 'here' | 'away' | 'gone' {
    if (!this.seat) return this.everSeated ? 'gone' : 'expected'
    return this.seat.away ? 'away' : 'here'
  }

  /** What those may who know the join code. */
  get codeRole(): Role {
    return this.grant
  }

  /** Number of the simulator's last answer that was taken. */
  get receivedFromSimulator(): number {
    return this.seat?.received ?? 0
  }

  driverOf(robot: string): string | undefined {
    return this.claims.driverOf(robot)
  }

  /** Number of the member's last message that was taken; 0 when it does not number them. */
  receivedFrom(memberId: string): number {
    return this.members.get(memberId)?.received ?? 0
  }

  roleOf(memberId: string): Role | undefined {
    return this.members.get(memberId)?.role
  }

  hasMember(memberId: string): boolean {
    return this.members.has(memberId)
  }

  // ---- the simulator --------------------------------------------------------------------------------------------

  /**
   * A page becomes the simulator, or comes back as it. `takeOver` says that the page is known to be the room's own: it
   * then replaces a connection that is still there, such as one whose loss nobody has noticed yet.
   */
  seatSimulator(
    connection: { id: string; numbered: boolean; lastNumber?: number; takeOver: boolean; presence?: boolean },
    nowMs: number,
  ): Outcome & { readonly replaced?: string } {
    if (this.over) return this.refuseEnded()
    const { seat } = this
    const { id, numbered, lastNumber, takeOver, presence = false } = connection
    this.everSeated = true
    if (!seat) {
      this.seat = { id, numbered, presence, received: 0, since: this.log.lastNumber, away: undefined }
      return { deliveries: this.announceSimulator() }
    }
    if (!seat.away && seat.id !== id && !takeOver) {
      return refuse(
        'ROOM_SIMULATOR_TAKEN',
        'This room has a simulator already. Close the other tab, or open a new simulator page.',
      )
    }
    const replaced = seat.away || seat.id === id ? undefined : seat.id
    const got = lastNumber ?? seat.away?.lastNumber ?? this.log.lastNumber
    const missed = this.log.since(SIMULATOR, Math.max(seat.since, got))
    if (!missed) {
      const told = this.vacate('The simulator was away for too long.', nowMs)
      return {
        ...refuse('ROOM_PLACE_LOST', 'Too much was said while this page was away. Load it again.'),
        deliveries: told,
        ...(replaced === undefined ? {} : { replaced }),
      }
    }
    const wasAway = seat.away !== undefined
    // Who does not say what it has got was loaded anew: it numbers its answers from 1 again, and what the one before has
    // got is not for it.
    const anew = lastNumber === undefined
    this.seat = {
      id,
      numbered,
      presence,
      received: anew ? 0 : seat.received,
      since: anew ? Math.max(seat.since, got) : seat.since,
      away: undefined,
    }
    return {
      deliveries: [
        ...missed.map(({ number, event, payload }) => ({
          to: id,
          event,
          payload,
          ...(numbered ? { number } : {}),
        })),
        ...(wasAway ? this.announceSimulator() : []),
      ],
      ...(replaced === undefined ? {} : { replaced }),
    }
  }

  /**
   * What the simulator says to one member. Goes nowhere when that one has left. `number` is the simulator's own, by which
   * an answer that is given again after a lost connection counts once.
   */
  reply(senderId: string, event: string, payload: FossbotReply, number?: number): Outcome {
    if (this.seat?.id !== senderId || this.seat.away) {
      return refuse('ROOM_ROLE_REFUSED', 'Only the simulator of a room may answer. Send commands as clientMessage.')
    }
    if (number !== undefined) {
      if (number <= this.seat.received) return nothing
      this.seat.received = number
    }
    const member = this.members.get(payload.user_id)
    if (!member) return nothing
    if (event === fossbotEvent.godotError && typeof payload.fossbot_name === 'string') {
      this.claims.release(member.id, payload.fossbot_name)
    }
    return { deliveries: this.toMember(member, event, payload) }
  }

  // ---- members --------------------------------------------------------------------------------------------------

  join(request: JoinRequest): Entry {
    if (this.over) return this.refuseEnded()
    const { id, role, invited = false, tokenId } = request
    const present = this.members.get(id)
    if (present) return this.enter(request)
    if (tokenId !== undefined && this.revoked.has(tokenId)) {
      return refuse('ROOM_REMOVED', 'The owner of this room has removed who had this token. Ask for a new one.')
    }
    if (this.locked && role !== 'owner') {
      return refuse('ROOM_LOCKED', 'The owner has locked this room: nobody new gets in. Ask the owner.')
    }
    if (this.members.size + this.waiting.size >= this.options.maxMembers) {
      return refuse('ROOM_FULL', `This room has ${this.options.maxMembers} members, and may not have more.`)
    }
    if (!this.admission || invited) return this.enter(request)
    this.waiting.set(id, request)
    return { waiting: true, deliveries: this.tellOwners({ user_id: id, username: request.username ?? '' }) }
  }

  private enter(request: JoinRequest): Outcome {
    const { id, role, environmentUser, announcement, robot, returnKey, tokenId, lobby = false } = request
    const { username = '', presence = lobby } = request
    const present = this.members.get(id)
    const drives = mayActAs(present?.role ?? role, 'driver') && !lobby
    if (drives && !this.seat) return this.refuseVacant()
    const deliveries: Delivery[] = []
    if (drives && robot !== undefined) {
      deliveries.push(...this.takeFromAbsent(robot))
      const refusal = this.claim(id, robot)
      if (refusal) return { ...refusal, deliveries }
    }
    if (present) {
      present.environmentUser = environmentUser
      present.presence ||= presence
    } else {
      const member: Member = {
        id,
        role,
        username,
        presence,
        tokenId,
        environmentUser,
        returnKey,
        received: 0,
        awaySinceMs: undefined,
        closed: false,
      }
      deliveries.push(...this.announce(lobbyEvent.memberJoined, { user_id: id, username, role }))
      this.members.set(id, member)
    }
    return { deliveries: [...deliveries, ...(drives ? this.toSimulator({ ...announcement, user_id: id }) : [])] }
  }

  /** A member whose connection was lost comes back, having got every message up to `lastNumber`. */
  comeBack(memberId: string, returnKey: string, lastNumber: number, nowMs: number): Outcome {
    if (this.over) return this.refuseEnded()
    const member = this.members.get(memberId)
    if (!member) return refuse('ROOM_PLACE_LOST', 'This place is no longer kept. Join anew.')
    if (member.returnKey === undefined || member.returnKey !== returnKey) {
      return refuse('ROOM_KEY_WRONG', 'This key is not that of the place. Join anew.')
    }
    const missed = this.log.since(member.id, lastNumber)
    if (!missed) {
      const { deliveries } = this.leave(memberId, nowMs)
      return { ...refuse('ROOM_PLACE_LOST', 'Too much was said meanwhile. Join anew.'), deliveries }
    }
    const wasAway = member.awaySinceMs !== undefined
    member.awaySinceMs = undefined
    return {
      deliveries: [
        ...missed.map(({ number, event, payload }) => ({ to: member.id, event, payload, number })),
        ...(wasAway ? this.announceMember(member) : []),
      ],
    }
  }

  /** `number` is the member's own, by which a message that is sent again after a lost connection counts once. */
  command(memberId: string, command: FossbotCommand, number?: number): Outcome {
    const member = this.members.get(memberId)
    if (!member) return refuse('ROOM_NOT_JOINED', 'Send pythonConnect with the id of a room first.')
    if (number !== undefined) {
      if (number <= member.received) return nothing
      member.received = number
    }
    const kind = fossbotCommandKind(command)
    const needed = kind === 'environment' ? 'stage-hand' : 'driver'
    if (!mayActAs(member.role, needed)) {
      return refuse(
        'ROOM_ROLE_REFUSED',
        needed === 'driver'
          ? `You are in this room as a ${member.role} and may only watch. Join with the room's id, or with a code that lets you drive.`
          : `You are in this room as a ${member.role} and may not change its scene (${command.func}). Ask the room's owner.`,
      )
    }
    if (!this.seat) return this.refuseVacant()
    if (this.seat.away && this.seat.away.waiting >= this.options.maxWaitingCommands) {
      return refuse(
        'ROOM_SIMULATOR_MISSING',
        'The connection of the simulator is lost, and too much waits for it already. Try again in a minute.',
      )
    }
    let freed: Delivery[] = []
    if (kind === 'robot') {
      const robot = command.fossbot_name as string
      const driver = this.claims.driverOf(robot)
      if (driver !== memberId) {
        if (driver !== undefined) freed = this.takeFromAbsent(robot)
        const refusal = this.claim(memberId, robot)
        if (refusal) return { ...refusal, deliveries: freed }
      }
    }
    if (kind === 'leave') this.claims.releaseOne(memberId, command.fossbot_name)
    if (clearsRobots(command)) this.claims.clear()
    const sent = this.toSimulator({ ...command, user_id: memberId })
    return { deliveries: freed.length === 0 ? sent : [...freed, ...sent] }
  }

  /** A connection has ended without a goodbye, by its own end or not. Some keep their place for a while. */
  drop(occupantId: string, nowMs: number, byItself = false): Outcome {
    if (this.seat?.id === occupantId) {
      if (this.seat.away) return nothing
      this.seat.away = { sinceMs: nowMs, lastNumber: this.log.lastNumber, waiting: 0 }
      return { deliveries: this.announceSimulator() }
    }
    const member = this.members.get(occupantId)
    if (member?.returnKey === undefined) return this.leave(occupantId, nowMs)
    if (member.awaySinceMs !== undefined) return nothing
    member.awaySinceMs = nowMs
    member.closed = byItself
    return { deliveries: this.announceMember(member) }
  }

  /** A member leaves for good: its robots are free, and the simulator is told so. */
  leave(occupantId: string, nowMs: number): Outcome {
    if (this.seat?.id === occupantId) return { deliveries: this.vacate('The simulator was closed.', nowMs) }
    this.waiting.delete(occupantId)
    const member = this.members.get(occupantId)
    if (!member) return nothing
    this.members.delete(occupantId)
    this.log.forget(occupantId)
    const { username } = member
    const announced = this.announce(lobbyEvent.memberLeft, { user_id: occupantId, username })
    return { deliveries: [...this.dismiss(member), ...announced] }
  }

  /** The simulator is told that a member no longer drives. */
  private dismiss(member: Member): Delivery[] {
    const robots = this.claims.releaseAll(member.id)
    if (!mayActAs(member.role, 'driver')) return []
    const deliveries: Delivery[] = []
    if (member.environmentUser) deliveries.push(...this.toSimulator(fossbotExit(true, member.id)))
    // A simulator frees one robot for each.
    const exits = member.environmentUser ? robots : Math.max(1, robots)
    for (let exit = 0; exit < exits; exit++) deliveries.push(...this.toSimulator(fossbotExit(false, member.id)))
    return deliveries
  }

  // ---- what owners decide ---------------------------------------------------------------------------------------

  /** Who is here; owners see who waits too. */
  list(byId: string): { readonly members: MemberEntry[]; readonly waiting?: { user_id: string; username: string }[] } {
    const members = [...this.members.values()].map((member) => ({
      ...entryOf(member),
      robots: this.claims.robotsOf(member.id),
    }))
    if (this.members.get(byId)?.role !== 'owner') return { members }
    const waiting = [...this.waiting].map(([user_id, { username = '' }]) => ({ user_id, username }))
    return { members, waiting }
  }

  /** Lets somebody in who waits; `entry` is what that one is told. */
  admit(byId: string, memberId: string, role?: Role): Outcome & { readonly entry?: Outcome } {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    const request = this.waiting.get(memberId)
    if (!request) return refuseUnknown()
    this.waiting.delete(memberId)
    return { deliveries: [], entry: this.enter({ ...request, role: role ?? request.role }) }
  }

  /** Gives a member another role, at once: its next message is judged by it. */
  promote(byId: string, memberId: string, role: Role): Outcome {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    const member = this.members.get(memberId)
    if (!member) return refuseUnknown()
    const deliveries = mayActAs(role, 'driver') ? [] : this.dismiss(member)
    member.role = role
    return { deliveries: [...deliveries, ...this.announceMember(member)] }
  }

  /** Ends the stay of a member, or refuses one who waits. The carrier tells that one. */
  remove(byId: string, memberId: string, nowMs: number): Outcome {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    const member = this.members.get(memberId)
    const tokenId = member?.tokenId ?? this.waiting.get(memberId)?.tokenId
    if (!member && !this.waiting.has(memberId)) return refuseUnknown()
    if (tokenId !== undefined) this.revoked.add(tokenId)
    return this.leave(memberId, nowMs)
  }

  /** What the join code grants, whether anybody new gets in, and whether an owner has to admit them. */
  set(byId: string, { code_role, locked, admission }: LobbySettings): Outcome {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    this.grant = code_role ?? this.grant
    this.locked = locked ?? this.locked
    this.admission = admission ?? this.admission
    return nothing
  }

  /** For the one who opens a room. */
  requireAdmission(): void {
    this.admission = true
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  /** Places lapse and rooms end with time; to be called about every second. */
  tick(nowMs: number): Delivery[] {
    if (this.over) return []
    this.nowMs = nowMs
    const deliveries: Delivery[] = []
    for (const { id, awaySinceMs } of [...this.members.values()]) {
      if (awaySinceMs !== undefined && nowMs - awaySinceMs >= this.options.returnMs) {
        deliveries.push(...this.leave(id, nowMs).deliveries)
      }
    }
    if (this.seat?.away && nowMs - this.seat.away.sinceMs >= this.options.returnMs) {
      deliveries.push(...this.vacate('The simulator left, and did not come back.', nowMs))
    }
    if (!this.seat && nowMs - this.vacantSinceMs >= this.options.simulatorWaitMs) {
      deliveries.push(...this.end('There was no simulator in this room for a long time, so it was closed.'))
    } else if (nowMs - this.openedMs >= this.options.longestLifeMs) {
      deliveries.push(...this.end('This room has reached its longest life. Open a new one.'))
    }
    return deliveries
  }

  /** Everybody is told why; nobody gets in any more. */
  end(reason: string): Delivery[] {
    const deliveries = this.tellAll('ROOM_ENDED', reason)
    if (this.seat && !this.seat.away) {
      deliveries.push({
        to: this.seat.id,
        event: fossbotEvent.godotError,
        payload: { data: reason, code: 'ROOM_ENDED' },
      })
    }
    this.over = true
    this.seat = undefined
    this.members.clear()
    this.waiting.clear()
    this.claims.clear()
    return deliveries
  }

  // ---- details --------------------------------------------------------------------------------------------------

  /** A driver whose connection is lost keeps its place, but not its robot for others to wait for. */
  private takeFromAbsent(robot: string): Delivery[] {
    const driver = this.members.get(this.claims.driverOf(robot) ?? '')
    if (driver?.awaySinceMs === undefined) return []
    if (!driver.closed && this.nowMs - driver.awaySinceMs < DRIVER_WAIT_MS) return []
    return this.leave(driver.id, this.nowMs).deliveries.slice()
  }

  private claim(memberId: string, robot: string): Outcome | undefined {
    const driver = this.claims.driverOf(robot)
    if (driver === memberId) return undefined
    if (driver !== undefined) return refuse('ROBOT_TAKEN', fossbotText.robotTaken(robot))
    if (robot.length > 200 || this.claims.countOf(memberId) >= this.options.maxRobotsPerMember) {
      return refuse(
        'ROOM_BAD_MESSAGE',
        `One program may drive ${this.options.maxRobotsPerMember} robots, with names of up to 200 characters.`,
      )
    }
    this.claims.take(robot, memberId)
    return undefined
  }

  /** The simulator is no longer there: who waits for an answer is told. */
  private vacate(reason: string, nowMs: number): Delivery[] {
    this.seat = undefined
    this.vacantSinceMs = nowMs
    this.log.forget(SIMULATOR)
    this.claims.clear()
    return [
      ...this.announceSimulator(),
      ...this.tellAll('ROOM_SIMULATOR_LEFT', `${reason} Open it again, and start the program with its new id.`),
    ]
  }

  private tellAll(code: string, reason: string): Delivery[] {
    return [...this.members.values()].flatMap((member) =>
      this.toMember(member, fossbotEvent.godotError, { data: reason, user_id: member.id, code }),
    )
  }

  private toSimulator(payload: FossbotCommand | Readonly<Record<string, unknown>>): Delivery[] {
    const { seat } = this
    if (!seat) return []
    const event = fossbotEvent.clientMessage
    if (!seat.away && !seat.numbered) return [{ to: seat.id, event, payload }]
    const number = this.log.add(SIMULATOR, event, payload)
    if (!seat.away) return [{ to: seat.id, event, payload, number }]
    seat.away.waiting++
    return []
  }

  private toMember(member: Member, event: string, payload: unknown): Delivery[] {
    if (member.returnKey === undefined) return [{ to: member.id, event, payload }]
    const number = this.log.add(member.id, event, payload)
    return member.awaySinceMs === undefined ? [{ to: member.id, event, payload, number }] : []
  }

  private announceSimulator(): Delivery[] {
    return this.announce(lobbyEvent.simulatorChanged, { simulator: this.simulator })
  }

  private announceMember(member: Member): Delivery[] {
    return this.announce(
      lobbyEvent.memberChanged,
      entryOf(member),
      member.awaySinceMs === undefined ? undefined : member,
    )
  }

  /** To those who asked for it, or came through the lobby. */
  private announce(event: string, payload: unknown, except?: Member): Delivery[] {
    const deliveries: Delivery[] = []
    for (const member of this.members.values()) {
      if (member.presence && member !== except) deliveries.push(...this.toMember(member, event, payload))
    }
    const { seat } = this
    if (seat?.presence && !seat.away && event !== lobbyEvent.simulatorChanged) {
      deliveries.push({ to: seat.id, event, payload })
    }
    return deliveries
  }

  private tellOwners(payload: unknown): Delivery[] {
    return [...this.members.values()]
      .filter(({ role, presence }) => role === 'owner' && presence)
      .flatMap((owner) => this.toMember(owner, lobbyEvent.memberWaiting, payload))
  }

  private refuseUnlessOwner(memberId: string): Outcome | undefined {
    if (this.members.get(memberId)?.role === 'owner') return undefined
    return refuse('ROOM_ROLE_REFUSED', 'Only an owner of the room decides this. Join with the key of the room.')
  }

  private refuseEnded(): Outcome {
    return refuse('ROOM_ENDED', 'This room is closed. Open a new one.')
  }

  private refuseVacant(): Outcome {
    return refuse(
      'ROOM_SIMULATOR_MISSING',
      'There is no simulator in this room. Open its page, wait until it is loaded, and start the program again.',
    )
  }
}

function entryOf({ id, username, role, awaySinceMs }: Member) {
  return { user_id: id, username, role, here: awaySinceMs === undefined }
}

function refuseUnknown(): Outcome {
  return refuse('ROOM_MEMBER_UNKNOWN', 'Nobody with this user_id is in the room, or waits. Ask with list_members.')
}
