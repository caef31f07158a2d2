import { expect, test } from 'vitest'
import { OutgoingLog } from './outgoing-log.js'

test('what the other side has not got can be said again, in order, until it is too much', () => {
  const log = new OutgoingLog<string>(2)
  expect(['a', 'b', 'c', 'd'].map((one) => log.add(one))).toEqual([1, 2, 3, 4])
  expect(log.after(2)?.map(({ message }) => message)).toEqual(['c', 'd'])
  log.acknowledge(3)
  expect([log.after(3)?.length, log.after(4)?.length, log.after(2)]).toEqual([1, 0, undefined])
  for (const one of ['e', 'f', 'g', 'h', 'i']) log.add(one)
  expect(log.after(3)).toBe(undefined)
  expect(log.lastNumber).toBe(9)
})
