import { FossbotSimulator, type RunningSimyard, startSimyard } from '@simyard/testkit'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** The relay behind the one port of `simyard up`, beside everything else. */
let simyard: RunningSimyard
beforeAll(async () => {
  simyard = await startSimyard()
})
afterAll(() => simyard?.stop())

test('a program that knows the room drives the robot of a simulator elsewhere', async () => {
  const opened = await fetch(`${simyard.address}/api/v1/rooms`, { method: 'POST' })
  const { id, code, key } = (await opened.json()) as { id: string; code: string; key: string }
  expect(code).toMatch(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/)
  const identity = { session_id: id, key }
  const simulator = new FossbotSimulator({ address: simyard.address, identity, socket: { transports: ['websocket'] } })
  await expect
    .poll(
      async () =>
        ((await (await fetch(`${simyard.address}/api/v1/rooms/${id}`)).json()) as { simulator: string }).simulator,
    )
    .toBe('here')

  const program = io(`${simyard.address}/godot`, { forceNew: true })
  const answer = new Promise((resolve) => program.once('godotMessage', resolve))
  program.on('connect', () => {
    const user_id = program.id
    program.emit('pythonConnect', { session_id: id, user_id, fossbot_name: 'fossbot', func: 'connect' })
    program.emit('clientMessage', { func: 'get_distance', fossbot_name: 'fossbot', user_id })
  })
  expect(await answer).toMatchObject({ data: 10000, fossbot_name: 'fossbot' })
  expect([...simulator.owners.keys()]).toEqual(['fossbot'])
  program.disconnect()
  await expect.poll(() => simulator.owners.size).toBe(0)
  simulator.close()

  // The site is still there.
  expect((await fetch(simyard.address)).status).toBe(200)
})

test('Simyard that stops tells the rooms why', async () => {
  const other = await startSimyard()
  const opened = await fetch(`${other.address}/api/v1/rooms`, { method: 'POST' })
  const { id, key } = (await opened.json()) as { id: string; key: string }
  const simulator = new FossbotSimulator({ address: other.address, identity: { session_id: id, key } })
  await expect.poll(() => simulator.socket.connected).toBe(true)
  await expect
    .poll(
      async () =>
        ((await (await fetch(`${other.address}/api/v1/rooms/${id}`)).json()) as { simulator: string }).simulator,
    )
    .toBe('here')
  expect(await other.stop()).toBe(0)
  await expect.poll(() => simulator.errors.map(({ data }) => data).join()).toContain('The relay is being stopped')
  simulator.close()
})
