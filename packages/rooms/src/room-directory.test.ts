import { expect, test } from 'vitest'
import { createJoinCode, normalizeJoinCode } from './join-code.js'
import { MemberLimit } from './member-limit.js'
import { RoomDirectory } from './room-directory.js'

function newDirectory(numbers: readonly number[]): RoomDirectory {
  let ids = 0
  let next = 0
  return new RoomDirectory({
    maxRooms: 2,
    newId: () => `id${++ids}`,
    newKey: () => 'key',
    randomBelow: () => numbers[next++ % numbers.length]!,
    room: {
      maxMembers: 3,
      maxWatchers: 3,
      maxRobotsPerMember: 2,
      returnMs: 60_000,
      simulatorWaitMs: 1000,
      longestLifeMs: 10_000,
      log: { messages: 8, characters: 1000 },
      maxWaitingCommands: 4,
    },
  })
}

test('a code is read as people type it', () => {
  const code = createJoinCode((limit) => limit - 1)
  expect(code).toBe('ZZZ-ZZZ')
  expect(['k7qm2p', ' K7Q M2P', 'k7q-m2p'].map(normalizeJoinCode)).toEqual(Array(3).fill('K7Q-M2P'))
  expect(['K7QM2', 'K7Q-M2O', 'K7QM2PP', ''].map(normalizeJoinCode)).toEqual(Array(4).fill(undefined))
})

test('a room is found by its id and by its code, which allow different things, until it ends', () => {
  const rooms = newDirectory([0, 0, 0, 0, 0, 0, /* taken */ 0, 0, 0, 0, 0, 0, /* free */ 1, 1, 1, 1, 1, 1])
  const first = rooms.open({ browser: 'b' }, 0)
  const second = rooms.open({ browser: 'b', codeRole: 'driver' }, 500)
  expect([first, second].map(({ identity }) => identity.code)).toEqual(['222-222', '333-333'])
  expect(rooms.find('id1')).toEqual({ room: first, role: 'stage-hand' })
  expect(rooms.find('222222')).toEqual({ room: first, role: 'viewer' })
  expect(rooms.find('333 333')).toEqual({ room: second, role: 'driver' })
  expect(() => rooms.open({}, 0)).toThrow(expect.objectContaining({ code: 'ROOM_LIMIT_REACHED' }))
  expect(rooms.ofBrowser('b')).toEqual([first, second])
  expect(rooms.tick(1000).ended).toEqual([first])
  expect([rooms.find('id1'), rooms.find('222-222'), rooms.size]).toEqual([undefined, undefined, 1])
  expect(rooms.ofBrowser('b')).toEqual([second])
})

test('too much is refused once, then ignored, and cut when it does not stop', () => {
  const limit = new MemberLimit({ messagesPerSecond: 10, messageBurst: 3, bytesPerSecond: 100, byteBurst: 50 })
  const take = (count: number, nowMs: number) => Array.from({ length: count }, () => limit.take(10, nowMs))
  expect(take(5, 0)).toEqual(['pass', 'pass', 'pass', 'refuse', 'ignore'])
  expect(take(2, 100)).toEqual(['pass', 'refuse'])
  expect(take(3, 100)).toEqual(['ignore', 'cut', 'cut'])
  const large = new MemberLimit({ messagesPerSecond: 10, messageBurst: 3, bytesPerSecond: 100, byteBurst: 50 })
  expect([large.take(60, 0), large.take(50, 0), large.take(50, 500)]).toEqual(['refuse', 'pass', 'pass'])
})
