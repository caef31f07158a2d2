import {
  clearsRobots,
  type FossbotCommand,
  type FossbotReply,
  fossbotCommandKind,
  fossbotEvent,
  fossbotExit,
  fossbotText,
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
}

interface Member {
  readonly id: string
  readonly role: Role
  environmentUser: boolean
  readonly returnKey: string | undefined
  /** Number of its last message, when it numbers them. */
  received: number
  /** Since when its connection is lost. */
  awaySinceMs: number | undefined
}

interface Seat {
  /** The connection. */
  id: string
  numbered: boolean
  /** What was said before it came was for another simulator. */
  readonly since: number
  away: { readonly sinceMs: number; readonly lastNumber: number; waiting: number } | undefined
}

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
  private over = false

  constructor(
    readonly identity: RoomIdentity,
    private readonly options: RoomOptions,
    readonly openedMs: number,
  ) {
    this.log = new MessageLog(options.log)
    this.vacantSinceMs = openedMs
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

  driverOf(robot: string): string | undefined {
    return this.claims.driverOf(robot)
  }

  /** Number of the member's last message that was taken; 0 when it does not number them. */
  receivedFrom(memberId: string): number {
    return this.members.get(memberId)?.received ?? 0
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
    connection: { id: string; numbered: boolean; lastNumber?: number; takeOver: boolean },
    nowMs: number,
  ): Outcome & { readonly replaced?: string } {
    if (this.over) return this.refuseEnded()
    const { seat } = this
    const { id, numbered, lastNumber, takeOver } = connection
    this.everSeated = true
    if (!seat) {
      this.seat = { id, numbered, since: this.log.lastNumber, away: undefined }
      return nothing
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
    this.seat = { id, numbered, since: seat.since, away: undefined }
    return {
      deliveries: missed.map(({ number, event, payload }) => ({
        to: id,
        event,
        payload,
        ...(numbered ? { number } : {}),
      })),
      ...(replaced === undefined ? {} : { replaced }),
    }
  }

  /** What the simulator says to one member. Goes nowhere when that one has left. */
  reply(senderId: string, event: string, payload: FossbotReply): Outcome {
    if (this.seat?.id !== senderId || this.seat.away) {
      return refuse('ROOM_ROLE_REFUSED', 'Only the simulator of a room may answer. Send commands as clientMessage.')
    }
    const member = this.members.get(payload.user_id)
    if (!member) return nothing
    if (event === fossbotEvent.godotError && typeof payload.fossbot_name === 'string') {
      this.claims.release(member.id, payload.fossbot_name)
    }
    return { deliveries: this.toMember(member, event, payload) }
  }

  // ---- members --------------------------------------------------------------------------------------------------

  join(request: JoinRequest): Outcome {
    if (this.over) return this.refuseEnded()
    const { id, role, environmentUser, announcement, robot, returnKey } = request
    const present = this.members.get(id)
    if (!present && this.members.size >= this.options.maxMembers) {
      return refuse('ROOM_FULL', `This room has ${this.options.maxMembers} members, and may not have more.`)
    }
    const drives = mayActAs(present?.role ?? role, 'driver')
    if (drives && !this.seat) return this.refuseVacant()
    if (drives && robot !== undefined) {
      const refusal = this.claim(id, robot)
      if (refusal) return refusal
    }
    if (present) present.environmentUser = environmentUser
    else this.members.set(id, { id, role, environmentUser, returnKey, received: 0, awaySinceMs: undefined })
    return drives ? { deliveries: this.toSimulator({ ...announcement, user_id: id }) } : nothing
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
    member.awaySinceMs = undefined
    return { deliveries: missed.map(({ number, event, payload }) => ({ to: member.id, event, payload, number })) }
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
    if (kind === 'robot') {
      const refusal = this.claim(memberId, command.fossbot_name as string)
      if (refusal) return refusal
    }
    if (kind === 'leave') this.claims.releaseOne(memberId, command.fossbot_name)
    if (clearsRobots(command)) this.claims.clear()
    return { deliveries: this.toSimulator({ ...command, user_id: memberId }) }
  }

  /** A connection is lost without a word. Some keep their place for a while. */
  drop(occupantId: string, nowMs: number): Outcome {
    if (this.seat?.id === occupantId) {
      this.seat.away ??= { sinceMs: nowMs, lastNumber: this.log.lastNumber, waiting: 0 }
      return nothing
    }
    const member = this.members.get(occupantId)
    if (member?.returnKey === undefined) return this.leave(occupantId, nowMs)
    member.awaySinceMs ??= nowMs
    return nothing
  }

  /** A member leaves for good: its robots are free, and the simulator is told so. */
  leave(occupantId: string, nowMs: number): Outcome {
    if (this.seat?.id === occupantId) return { deliveries: this.vacate('The simulator was closed.', nowMs) }
    const member = this.members.get(occupantId)
    if (!member) return nothing
    this.members.delete(occupantId)
    this.log.forget(occupantId)
    const robots = this.claims.releaseAll(occupantId)
    if (!mayActAs(member.role, 'driver')) return nothing
    const deliveries: Delivery[] = []
    if (member.environmentUser) deliveries.push(...this.toSimulator(fossbotExit(true, member.id)))
    // A simulator frees one robot for each.
    const exits = member.environmentUser ? robots : Math.max(1, robots)
    for (let exit = 0; exit < exits; exit++) deliveries.push(...this.toSimulator(fossbotExit(false, member.id)))
    return { deliveries }
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  /** Places lapse and rooms end with time; to be called about every second. */
  tick(nowMs: number): Delivery[] {
    if (this.over) return []
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
    this.claims.clear()
    return deliveries
  }

  // ---- details --------------------------------------------------------------------------------------------------

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
    return this.tellAll('ROOM_SIMULATOR_LEFT', `${reason} Open it again, and start the program with its new id.`)
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
