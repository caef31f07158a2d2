import { expect, test } from 'vitest'
import type { Role } from './role.js'
import { Room, type RoomOptions } from './room.js'

const options: RoomOptions = {
  maxMembers: 3,
  maxWatchers: 3,
  maxRobotsPerMember: 2,
  returnMs: 60_000,
  simulatorWaitMs: 600_000,
  longestLifeMs: 86_400_000,
  log: { messages: 8, characters: 10_000 },
  maxWaitingCommands: 4,
}

function newRoom(changes: Partial<RoomOptions> = {}): Room {
  const identity = {
    id: 'r',
    code: 'K7Q-M2P',
    key: 'k',
    watchId: 'w',
    idRole: 'stage-hand',
    codeRole: 'viewer',
  } as const
  return new Room(identity, { ...options, ...changes }, 0)
}

function withSimulator(changes: Partial<RoomOptions> = {}, numbered = false): Room {
  const room = newRoom(changes)
  room.seatSimulator({ id: 'tab', numbered, takeOver: false }, 0)
  return room
}

function join(room: Room, id: string, more: { role?: Role; robot?: string; returnKey?: string; env?: boolean } = {}) {
  const { role = 'stage-hand', env = false, ...rest } = more
  return room.join({ id, role, environmentUser: env, announcement: { func: 'connect' }, ...rest })
}

const drive = (room: Room, id: string, robot: string, number?: number) =>
  room.command(id, { func: 'just_move', fossbot_name: robot }, number)

test('what a command says of its sender is replaced, and the rest is left alone', () => {
  const room = withSimulator()
  join(room, 'a')
  const command = { func: 'f', user_id: 'b', nested: { x: 1 }, fossbot_name: 'r' }
  expect(room.command('a', command).deliveries).toEqual([
    { to: 'tab', event: 'clientMessage', payload: { ...command, user_id: 'a' } },
  ])
})

test('a member drives some robots, not all there are', () => {
  const room = withSimulator()
  join(room, 'a')
  expect(['x', 'y', 'z'].map((robot) => drive(room, 'a', robot).refusal?.code)).toEqual([
    undefined,
    undefined,
    'ROOM_BAD_MESSAGE',
  ])
  // One exit for each robot: a simulator frees one at a time.
  expect(room.leave('a', 1).deliveries.map(({ payload }) => payload)).toEqual([
    { func: 'exit', user_id: 'a' },
    { func: 'exit', user_id: 'a' },
  ])
  expect([room.driverOf('x'), room.driverOf('y')]).toEqual([undefined, undefined])
})

test('an exit frees the robot that it names, and only one of its sender', () => {
  const room = withSimulator()
  join(room, 'a')
  join(room, 'b')
  drive(room, 'a', 'x')
  drive(room, 'a', 'y')
  room.command('b', { func: 'exit', fossbot_name: 'x' })
  expect(room.driverOf('x')).toBe('a')
  room.command('a', { func: 'exit', fossbot_name: 'y' })
  expect([room.driverOf('x'), room.driverOf('y')]).toEqual(['a', undefined])
  expect(drive(room, 'b', 'y').refusal).toBeUndefined()
})

test('a scene that is emptied has no drivers', () => {
  const room = withSimulator()
  join(room, 'a')
  join(room, 'b')
  drive(room, 'a', 'x')
  room.command('b', { func: 'change_floor_terrain', image: 'piece' })
  expect(room.driverOf('x')).toBe('a')
  room.command('b', { func: 'change_floor_terrain', image_size: 1 })
  expect(room.driverOf('x')).toBeUndefined()
  expect(drive(room, 'b', 'x').refusal).toBeUndefined()
})

test('each role may do what it may', () => {
  const room = withSimulator({ maxMembers: 9 })
  const may = (role: Role) => {
    join(room, role, { role })
    return ['get_distance', 'foss_spawn', 'restart_all'].map(
      (func) => room.command(role, { func, fossbot_name: role }).refusal?.code ?? 'yes',
    )
  }
  const no = 'ROOM_ROLE_REFUSED'
  expect(may('viewer')).toEqual([no, no, no])
  expect(may('driver')).toEqual(['yes', no, no])
  expect(may('stage-hand')).toEqual(['yes', 'yes', 'yes'])
  expect(may('owner')).toEqual(['yes', 'yes', 'yes'])
  // Of a viewer the simulator hears nothing, not even its end.
  expect(room.leave('viewer', 1).deliveries).toEqual([])
})

test('a room is full at its limit', () => {
  const room = withSimulator()
  expect(['a', 'b', 'c', 'd'].map((id) => join(room, id).refusal?.code)).toEqual([
    undefined,
    undefined,
    undefined,
    'ROOM_FULL',
  ])
})

test('only the simulator answers, and only members of its room', () => {
  const room = withSimulator()
  join(room, 'a')
  join(room, 'b')
  const answer = { data: 1, user_id: 'a' }
  expect(room.reply('b', 'godotMessage', answer).refusal?.code).toBe('ROOM_ROLE_REFUSED')
  expect(room.reply('tab', 'godotMessage', answer).deliveries).toEqual([
    { to: 'a', event: 'godotMessage', payload: answer },
  ])
  expect(room.reply('tab', 'godotMessage', { data: 1, user_id: 'r' })).toEqual({ deliveries: [] })
})

test('a robot that the simulator does not know is driven by nobody', () => {
  const room = withSimulator()
  join(room, 'a', { robot: 'typo' })
  expect(room.driverOf('typo')).toBe('a')
  room.reply('tab', 'godotError', { data: 'no', fossbot_name: 'typo', user_id: 'a' })
  expect(room.driverOf('typo')).toBeUndefined()
})

test('commands wait for a lost simulator in their order, up to a limit; ends of programs always do', () => {
  const room = withSimulator()
  join(room, 'a')
  room.drop('tab', 0)
  const codes = Array.from({ length: 6 }, (_, index) => room.command('a', { func: `f${index}` }).refusal?.code)
  expect(codes).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'ROOM_SIMULATOR_MISSING',
    'ROOM_SIMULATOR_MISSING',
  ])
  room.leave('a', 1)
  const { deliveries } = room.seatSimulator({ id: 'again', numbered: false, takeOver: false }, 30_000)
  expect(deliveries.map(({ to, payload }) => [to, (payload as { func: string }).func])).toEqual(
    ['f0', 'f1', 'f2', 'f3', 'exit'].map((func) => ['again', func]),
  )
})

test('a simulator that missed more than is kept has to begin anew, and who drove is told', () => {
  const room = withSimulator({}, true)
  join(room, 'a')
  for (let index = 0; index < 20; index++) drive(room, 'a', 'x')
  const late = room.seatSimulator({ id: 'again', numbered: true, lastNumber: 3, takeOver: true }, 10)
  expect(late.refusal?.code).toBe('ROOM_PLACE_LOST')
  expect(late.replaced).toBe('tab')
  expect(late.deliveries).toMatchObject([{ to: 'a', event: 'godotError', payload: { code: 'ROOM_SIMULATOR_LEFT' } }])
  expect([room.simulator, room.driverOf('x')]).toEqual(['gone', undefined])
  expect(room.seatSimulator({ id: 'again', numbered: true, takeOver: true }, 11).refusal).toBeUndefined()
})

test('a lost member has its place for a minute, and its robot for as long', () => {
  const room = withSimulator()
  join(room, 'a', { robot: 'x', returnKey: 'secret' })
  room.drop('a', 1000)
  room.reply('tab', 'godotMessage', { data: 'kept', user_id: 'a' })
  expect(room.tick(60_999)).toEqual([])
  expect(room.comeBack('a', 'guess', 0, 60_999).refusal?.code).toBe('ROOM_KEY_WRONG')
  expect(room.comeBack('a', 'secret', 0, 60_999).deliveries).toMatchObject([{ to: 'a', payload: { data: 'kept' } }])
  room.drop('a', 61_000)
  expect(room.tick(121_000)).toEqual([{ to: 'tab', event: 'clientMessage', payload: { func: 'exit', user_id: 'a' } }])
  expect(room.comeBack('a', 'secret', 0, 121_001).refusal?.code).toBe('ROOM_PLACE_LOST')
})

test('a message that is sent twice counts once', () => {
  const room = withSimulator()
  join(room, 'a')
  expect([1, 2, 2, 1, 3].map((number) => drive(room, 'a', 'x', number).deliveries.length)).toEqual([1, 1, 0, 0, 1])
  expect(room.receivedFrom('a')).toBe(3)
})

test('a room ends without a simulator, and at its longest life', () => {
  const vacant = newRoom()
  vacant.tick(599_999)
  expect(vacant.ended).toBe(false)
  vacant.tick(600_000)
  expect(vacant.ended).toBe(true)
  expect(join(vacant, 'a').refusal?.code).toBe('ROOM_ENDED')
  const old = withSimulator()
  join(old, 'a')
  expect(old.tick(86_400_000).map(({ to }) => to)).toEqual(['a', 'tab'])
  expect(old.ended).toBe(true)
})

test('a robot does not wait long for a driver whose connection is lost, when another one wants it', () => {
  const room = withSimulator()
  join(room, 'a', { robot: 'x', returnKey: 'k' })
  room.drop('a', 1000)
  room.tick(5000)
  expect(join(room, 'b', { robot: 'x' }).refusal?.code).toBe('ROBOT_TAKEN')
  room.tick(6000)
  expect(join(room, 'b', { robot: 'x' }).deliveries.map(({ payload }) => payload)).toEqual([
    { func: 'exit', user_id: 'a' },
    { func: 'connect', user_id: 'b' },
  ])
  expect(room.driverOf('x')).toBe('b')
  expect(room.comeBack('a', 'k', 0, 7000).refusal?.code).toBe('ROOM_PLACE_LOST')
  // A program that was ended does not come back: nobody has to wait for it.
  room.leave('b', 7000)
  join(room, 'c', { robot: 'x', returnKey: 'k' })
  room.drop('c', 8000, true)
  expect(join(room, 'd', { robot: 'x' }).refusal).toBeUndefined()
})

test('a simulator that was loaded anew never gets what the one before it has got', () => {
  const room = withSimulator({}, true)
  join(room, 'a')
  drive(room, 'a', 'x')
  room.drop('tab', 10)
  room.seatSimulator({ id: 'reloaded', numbered: true, takeOver: true }, 20)
  room.drop('reloaded', 30)
  drive(room, 'a', 'x')
  const { deliveries } = room.seatSimulator({ id: 'back', numbered: true, lastNumber: 0, takeOver: true }, 40)
  expect(deliveries.map(({ payload, number }) => [(payload as { func: string }).func, number])).toEqual([
    ['just_move', 3],
  ])
})

const watch = (room: Room, id: string, more: { invited?: boolean; tokenId?: string } = {}) =>
  room.watch({ id, role: 'viewer', environmentUser: false, announcement: {}, watches: true, ...more })

function ownedRoom(changes: Partial<RoomOptions> = {}): Room {
  const room = withSimulator(changes)
  room.join({ id: 'owner', role: 'owner', environmentUser: false, announcement: {}, lobby: true, invited: true })
  return room
}

test('who watches is counted, told to members, and takes no member’s place', () => {
  const room = ownedRoom({ maxMembers: 2 })
  const told = watch(room, 'w1').deliveries
  expect(told).toEqual([{ to: 'owner', event: 'watchers_changed', payload: { watchers: 1 } }])
  expect(['w2', 'w3', 'w4'].map((id) => watch(room, id).refusal?.code)).toEqual([undefined, undefined, 'ROOM_FULL'])
  expect([room.memberCount, room.watcherCount]).toEqual([1, 3])
  expect(join(room, 'a').refusal).toBeUndefined()
  expect(room.list('owner')).toMatchObject({ watchers: 3, watching: [{ user_id: 'w1' }, {}, {}] })
  expect(room.list('a')).not.toHaveProperty('watching')
  expect(room.leave('w1', 0).deliveries.map(({ payload }) => payload)).toEqual([{ watchers: 2 }])
})

test('who watches says nothing to the simulator, and no command of theirs is taken', () => {
  const room = ownedRoom()
  const entered = [...watch(room, 'w').deliveries, ...room.leave('w', 0).deliveries]
  expect(entered.every(({ to }) => to === 'owner')).toBe(true)
  watch(room, 'w')
  expect(drive(room, 'w', 'x').refusal?.code).toBe('ROOM_NOT_JOINED')
  expect(room.reply('w', 'godotMessage', { user_id: 'owner' }).refusal?.code).toBe('ROOM_ROLE_REFUSED')
})

test('a lock, an admission and the end of watching count for those who watch too', () => {
  const room = ownedRoom()
  room.set('owner', { locked: true })
  expect(watch(room, 'w').refusal?.code).toBe('ROOM_LOCKED')
  room.set('owner', { locked: false, admission: true })
  expect(watch(room, 'w').waiting).toBe(true)
  expect(room.list('owner').waiting).toEqual([{ user_id: 'w', username: '', watches: true }])
  expect(room.watcherCount).toBe(0)
  expect(room.admit('owner', 'w').entry?.refusal).toBeUndefined()
  expect(room.watcherCount).toBe(1)
  expect(watch(room, 'invited', { invited: true, tokenId: 't' }).waiting).toBeUndefined()
  watch(room, 'waits')
  const { dismissed, deliveries } = room.set('owner', { watching: false })
  expect(dismissed).toEqual(['w', 'invited', 'waits'])
  expect(deliveries.map(({ payload }) => payload)).toEqual([{ watchers: 0 }])
  expect(watch(room, 'w').refusal?.code).toBe('ROOM_LOCKED')
})

test('an owner removes one who watches, and its token is void', () => {
  const room = ownedRoom()
  watch(room, 'w', { invited: true, tokenId: 't' })
  expect(room.remove('owner', 'w', 0).refusal).toBeUndefined()
  expect(room.watcherCount).toBe(0)
  expect(watch(room, 'again', { invited: true, tokenId: 't' }).refusal?.code).toBe('ROOM_REMOVED')
})
