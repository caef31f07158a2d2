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
import { Admission } from './admission.js'
import type { JoinRequest } from './join-request.js'
import { type Member, Members, memberEntry } from './members.js'
import { MessageLog, type MessageLogOptions } from './message-log.js'
import { type Delivery, nothing, type Outcome, refuse } from './outcome.js'
import { RobotClaims } from './robot-claims.js'
import { mayActAs, type Role } from './role.js'
import { type SimulatorConnection, SimulatorSeat } from './simulator-seat.js'
import { Watchers } from './watchers.js'

export interface RoomOptions {
  readonly maxMembers: number
  readonly maxWatchers: number
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
  /** Whoever has it may watch, and nothing else. Nobody can guess it. */
  readonly watchId: string
  /** The browser whose page opened the room, when it is known by a cookie. */
  readonly browser?: string
  /** What those may who know the id. */
  readonly idRole: Role
  /** What those may who know the join code. */
  readonly codeRole: Role
}

/** What became of a request to join. */
export interface Entry extends Outcome {
  /** An owner has to admit it. */
  readonly waiting?: true
}

/** So long a robot waits for a driver whose connection broke, when somebody else wants it. */
const DRIVER_WAIT_MS = 5000

/** People and programs around one simulator. */
export class Room {
  private readonly claims = new RobotClaims()
  private readonly members: Members
  private readonly seat: SimulatorSeat
  private readonly admission: Admission
  private readonly watchers = new Watchers()
  /** Time of the last tick. */
  private nowMs: number
  private over = false
  private reason: string | undefined

  constructor(
    readonly identity: RoomIdentity,
    private readonly options: RoomOptions,
    readonly openedMs: number,
  ) {
    const log = new MessageLog(options.log)
    this.members = new Members(log)
    this.seat = new SimulatorSeat(log, openedMs)
    this.admission = new Admission(identity.codeRole)
    this.nowMs = openedMs
  }

  get id(): string {
    return this.identity.id
  }

  get memberCount(): number {
    return this.members.count
  }

  get watcherCount(): number {
    return this.watchers.count
  }

  /** Whether the owners let others watch. */
  get watching(): boolean {
    return this.admission.watching
  }

  get ended(): boolean {
    return this.over
  }

  /** Why it ended; undefined while it has not. */
  get endReason(): string | undefined {
    return this.reason
  }

  /** `expected` before there was one; `away` while its connection is lost and its place is kept; `gone` after that. */
  get simulator(): SimulatorSeat['state'] {
    return this.seat.state
  }

  /** What those may who know the join code. */
  get codeRole(): Role {
    return this.admission.codeRole
  }

  /** Number of the simulator's last answer that was taken. */
  get receivedFromSimulator(): number {
    return this.seat.received
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

  /** A page becomes the simulator, or comes back as it. */
  seatSimulator(connection: SimulatorConnection, nowMs: number): Outcome & { readonly replaced?: string } {
    if (this.over) return this.refuseEnded()
    const seating = this.seat.take(connection)
    const replaced = seating.replaced === undefined ? {} : { replaced: seating.replaced }
    switch (seating.result) {
      case 'taken':
        return refuse(
          'ROOM_SIMULATOR_TAKEN',
          'This room has a simulator already. Close the other tab, or open a new simulator page.',
        )
      case 'lost':
        return {
          ...refuse('ROOM_PLACE_LOST', 'Too much was said while this page was away. Load it again.'),
          deliveries: this.vacate('The simulator was away for too long.', nowMs),
          ...replaced,
        }
      case 'seated': {
        const { missed, first, back } = seating
        return { deliveries: [...missed, ...(first || back ? this.announceSimulator() : [])], ...replaced }
      }
    }
  }

  /**
   * What the simulator says to one member. Goes nowhere when that one has left. `number` is the simulator's own, by which
   * an answer that is given again after a lost connection counts once.
   */
  reply(senderId: string, event: string, payload: FossbotReply, number?: number): Outcome {
    if (!this.seat.isOf(senderId) || this.seat.state !== 'here') {
      return refuse('ROOM_ROLE_REFUSED', 'Only the simulator of a room may answer. Send commands as clientMessage.')
    }
    if (!this.seat.acceptAnswer(number)) return nothing
    const member = this.members.get(payload.user_id)
    if (!member) return nothing
    if (event === fossbotEvent.godotError && typeof payload.fossbot_name === 'string') {
      this.claims.release(member.id, payload.fossbot_name)
    }
    return { deliveries: this.members.tell(member, event, payload) }
  }

  // ---- members --------------------------------------------------------------------------------------------------

  join(request: JoinRequest): Entry {
    if (this.over) return this.refuseEnded()
    const { id, username = '' } = request
    if (this.members.has(id)) return this.enter(request)
    const refusal = this.admission.refusalOf(request)
    if (refusal) return refusal
    if (this.members.count + this.admission.waitingCount(false) >= this.options.maxMembers) {
      return refuse('ROOM_FULL', `This room has ${this.options.maxMembers} members, and may not have more.`)
    }
    if (!this.admission.needs(request)) return this.enter(request)
    this.admission.wait(request)
    return { waiting: true, deliveries: this.members.tellOwners({ user_id: id, username }) }
  }

  /** Somebody wants to see the room's stream. The same rules let it in, and it has no place among the members. */
  watch(request: JoinRequest & { readonly watches: true }): Entry {
    if (this.over) return this.refuseEnded()
    const { id, username = '' } = request
    const refusal = this.admission.refusalOf(request)
    if (refusal) return refusal
    if (this.watchers.count + this.admission.waitingCount(true) >= this.options.maxWatchers) {
      return refuse('ROOM_FULL', `${this.options.maxWatchers} watch this room, and more may not.`)
    }
    if (!this.admission.needs(request)) return this.enter(request)
    this.admission.wait(request)
    return { waiting: true, deliveries: this.members.tellOwners({ user_id: id, username }) }
  }

  private enter(request: JoinRequest): Outcome {
    if (request.watches) {
      this.watchers.add(request.id, { username: request.username ?? '', tokenId: request.tokenId })
      return { deliveries: this.announceWatchers() }
    }
    const { id, role, environmentUser, announcement, robot, returnKey, tokenId, lobby = false } = request
    const { username = '', presence = lobby } = request
    const present = this.members.get(id)
    const drives = mayActAs(present?.role ?? role, 'driver') && !lobby
    if (drives && this.seat.vacant) return this.refuseVacant()
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
      this.members.add(member)
    }
    return { deliveries: [...deliveries, ...(drives ? this.seat.command({ ...announcement, user_id: id }) : [])] }
  }

  /** A member whose connection was lost comes back, having got every message up to `lastNumber`. */
  comeBack(memberId: string, returnKey: string, lastNumber: number, nowMs: number): Outcome {
    if (this.over) return this.refuseEnded()
    const member = this.members.get(memberId)
    if (!member) return refuse('ROOM_PLACE_LOST', 'This place is no longer kept. Join anew.')
    if (member.returnKey === undefined || member.returnKey !== returnKey) {
      return refuse('ROOM_KEY_WRONG', 'This key is not that of the place. Join anew.')
    }
    const missed = this.members.missedBy(member, lastNumber)
    if (!missed) {
      const { deliveries } = this.leave(memberId, nowMs)
      return { ...refuse('ROOM_PLACE_LOST', 'Too much was said meanwhile. Join anew.'), deliveries }
    }
    const wasAway = member.awaySinceMs !== undefined
    member.awaySinceMs = undefined
    return { deliveries: [...missed, ...(wasAway ? this.announceMember(member) : [])] }
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
    if (this.seat.vacant) return this.refuseVacant()
    if (this.seat.waiting >= this.options.maxWaitingCommands) {
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
    const sent = this.seat.command({ ...command, user_id: memberId })
    return { deliveries: freed.length === 0 ? sent : [...freed, ...sent] }
  }

  /** A connection has ended without a goodbye, by its own end or not. Some keep their place for a while. */
  drop(occupantId: string, nowMs: number, byItself = false): Outcome {
    if (this.seat.isOf(occupantId)) {
      return this.seat.lose(nowMs) ? { deliveries: this.announceSimulator() } : nothing
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
    if (this.seat.isOf(occupantId)) return { deliveries: this.vacate('The simulator was closed.', nowMs) }
    this.admission.take(occupantId)
    if (this.watchers.remove(occupantId)) return { deliveries: this.announceWatchers() }
    const member = this.members.get(occupantId)
    if (!member) return nothing
    this.members.remove(occupantId)
    const { username } = member
    const announced = this.announce(lobbyEvent.memberLeft, { user_id: occupantId, username })
    return { deliveries: [...this.dismiss(member), ...announced] }
  }

  /** The simulator is told that a member no longer drives. */
  private dismiss(member: Member): Delivery[] {
    const robots = this.claims.releaseAll(member.id)
    if (!mayActAs(member.role, 'driver')) return []
    const deliveries: Delivery[] = []
    if (member.environmentUser) deliveries.push(...this.seat.command(fossbotExit(true, member.id)))
    // A simulator frees one robot for each.
    const exits = member.environmentUser ? robots : Math.max(1, robots)
    for (let exit = 0; exit < exits; exit++) deliveries.push(...this.seat.command(fossbotExit(false, member.id)))
    return deliveries
  }

  // ---- what owners decide ---------------------------------------------------------------------------------------

  /** Who is here; owners see who waits too. */
  list(byId: string): {
    readonly members: MemberEntry[]
    readonly watchers: number
    readonly waiting?: { user_id: string; username: string; watches?: boolean }[]
    readonly watching?: { user_id: string; username: string }[]
  } {
    const members = this.members.list().map((member) => ({
      ...memberEntry(member),
      robots: this.claims.robotsOf(member.id),
    }))
    const watchers = this.watchers.count
    if (this.members.get(byId)?.role !== 'owner') return { members, watchers }
    return { members, watchers, waiting: this.admission.list(), watching: this.watchers.list() }
  }

  /** Lets somebody in who waits; `entry` is what that one is told. */
  admit(byId: string, memberId: string, role?: Role): Outcome & { readonly entry?: Outcome } {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    const request = this.admission.take(memberId)
    if (!request) return refuseUnknown()
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
    const request = this.admission.peek(memberId)
    const watcher = this.watchers.get(memberId)
    if (!member && !request && !watcher) return refuseUnknown()
    const tokenId = member?.tokenId ?? request?.tokenId ?? watcher?.tokenId
    if (tokenId !== undefined) this.admission.revoke(tokenId)
    return this.leave(memberId, nowMs)
  }

  /**
   * What the join code grants, whether anybody new gets in, whether an owner has to admit them, and whether others may
   * watch. `dismissed`: who may no longer watch; the carrier tells them.
   */
  set(byId: string, settings: LobbySettings): Outcome & { readonly dismissed?: readonly string[] } {
    const refusal = this.refuseUnlessOwner(byId)
    if (refusal) return refusal
    this.admission.set(settings)
    if (this.admission.watching) return nothing
    const dismissed = [...this.watchers.clear(), ...this.admission.takeWatchers()]
    return dismissed.length === 0 ? nothing : { deliveries: this.announceWatchers(), dismissed }
  }

  /** For the one who opens a room. */
  requireAdmission(): void {
    this.admission.require()
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  /** Places lapse and rooms end with time; to be called about every second. */
  tick(nowMs: number): Delivery[] {
    if (this.over) return []
    this.nowMs = nowMs
    const deliveries: Delivery[] = []
    for (const { id, awaySinceMs } of this.members.list()) {
      if (awaySinceMs !== undefined && nowMs - awaySinceMs >= this.options.returnMs) {
        deliveries.push(...this.leave(id, nowMs).deliveries)
      }
    }
    if (this.seat.awayMs(nowMs) >= this.options.returnMs) {
      deliveries.push(...this.vacate('The simulator left, and did not come back.', nowMs))
    }
    if (this.seat.vacantMs(nowMs) >= this.options.simulatorWaitMs) {
      deliveries.push(...this.end('There was no simulator in this room for a long time, so it was closed.'))
    } else if (nowMs - this.openedMs >= this.options.longestLifeMs) {
      deliveries.push(...this.end('This room has reached its longest life. Open a new one.'))
    }
    return deliveries
  }

  /** Everybody is told why; nobody gets in any more. */
  end(reason: string): Delivery[] {
    const deliveries = [
      ...this.members.tellAll('ROOM_ENDED', reason),
      ...this.seat.tell(fossbotEvent.godotError, { data: reason, code: 'ROOM_ENDED' }),
    ]
    this.over = true
    this.reason = reason
    this.seat.vacate(this.nowMs)
    this.members.clear()
    this.watchers.clear()
    this.admission.clear()
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
    this.seat.vacate(nowMs)
    this.claims.clear()
    return [
      ...this.announceSimulator(),
      ...this.members.tellAll('ROOM_SIMULATOR_LEFT', `${reason} Open it again, and start the program with its new id.`),
    ]
  }

  private announceSimulator(): Delivery[] {
    return this.members.announce(lobbyEvent.simulatorChanged, { simulator: this.simulator })
  }

  private announceWatchers(): Delivery[] {
    return this.members.announce(lobbyEvent.watchersChanged, { watchers: this.watchers.count })
  }

  private announceMember(member: Member): Delivery[] {
    return this.announce(
      lobbyEvent.memberChanged,
      memberEntry(member),
      member.awaySinceMs === undefined ? undefined : member,
    )
  }

  /** To the simulator too. */
  private announce(event: string, payload: unknown, except?: Member): Delivery[] {
    return [...this.members.announce(event, payload, except), ...this.seat.announce(event, payload)]
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

function refuseUnknown(): Outcome {
  return refuse('ROOM_MEMBER_UNKNOWN', 'Nobody with this user_id is in the room, or waits. Ask with list_members.')
}
