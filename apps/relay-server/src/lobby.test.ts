import { connect as connectTcp } from 'node:net'
import { eventually, type FossbotSimulator } from '@simyard/testkit'
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { RelayBench } from './relay.bench.js'

type Message = Record<string, unknown>

const bench = new RelayBench()
beforeEach(() => bench.start())
afterEach(() => bench.stop())
afterAll(() => bench.remove())

interface Person {
  readonly socket: Socket
  /** Everything it was sent, in order. */
  readonly heard: { readonly event: string; readonly payload: Message }[]
  request(event: string, payload?: Message): Promise<Message>
}

function person(): Person {
  const socket = io(`${bench.address}/godot`, { forceNew: true, transports: ['websocket'] })
  bench.closeAtEnd(() => socket.disconnect())
  const heard: Person['heard'] = []
  socket.onAny((event, payload) => heard.push({ event, payload }))
  const request = (event: string, payload?: Message) =>
    payload === undefined
      ? (socket.timeout(5000).emitWithAck(event) as Promise<Message>)
      : (socket.timeout(5000).emitWithAck(event, payload) as Promise<Message>)
  return { socket, heard, request }
}

async function openRoom(username = 'Ada', more: Message = {}) {
  const owner = person()
  const room = (await owner.request('create_room', { username, ...more })) as {
    ok: boolean
    room_id: string
    code: string
    key: string
    user_id: string
  }
  expect(room).toMatchObject({ ok: true, role: 'owner' })
  return { owner, room }
}

async function simulate(room: { room_id: string; key: string }): Promise<FossbotSimulator> {
  const identity = { session_id: room.room_id, key: room.key }
  const tab = bench.simulator({ identity, socket: { transports: ['websocket'], reconnection: false } })
  await bench.untilSimulatorIs('here', room.room_id)
  return tab
}

const events = (who: Person) => who.heard.map(({ event }) => event)
const heardOf = (who: Person, event: string) => who.heard.filter((one) => one.event === event).at(-1)?.payload

test('a person opens a room, others come by its code, and all see who is there', async () => {
  const { owner, room } = await openRoom()
  expect(heardOf(owner, 'new_game')).toEqual({ room_id: room.room_id, code: room.code })
  const guest = person()
  const joined = await guest.request('join_room', { room: room.code, username: 'Grace' })
  expect(joined).toEqual({ ok: true, user_id: guest.socket.id, role: 'viewer', admitted: true })
  expect(heardOf(owner, 'member_joined')).toEqual({ user_id: guest.socket.id, username: 'Grace', role: 'viewer' })
  const list = await guest.request('list_members')
  expect(list).toMatchObject({ ok: true, simulator: 'expected' })
  expect((list.members as Message[]).map(({ username, role, here }) => [username, role, here])).toEqual([
    ['Ada', 'owner', true],
    ['Grace', 'viewer', true],
  ])
  // Who has only the code does not learn the id, which grants more.
  expect(JSON.stringify(guest.heard)).not.toContain(room.room_id)
  expect(await guest.request('leave_room')).toEqual({ ok: true })
  await eventually(() => expect(heardOf(owner, 'member_left')).toEqual({ user_id: guest.socket.id, username: 'Grace' }))
  expect(await guest.request('list_members')).toMatchObject({ ok: false, error: { code: 'ROOM_NOT_JOINED' } })
})

test('what is wrong is answered with a code and a sentence', async () => {
  const someone = person()
  const answers = [
    await someone.request('join_room', { room: 'AAA-AAA', username: 'Grace' }),
    await someone.request('join_room', { room: 'AAA-AAA' }),
    await someone.request('create_room', { username: '   ' }),
    await someone.request('list_members'),
  ]
  expect(answers.map(({ ok, error }) => [ok, (error as Message).code])).toEqual([
    [false, 'ROOM_NOT_FOUND'],
    [false, 'ROOM_BAD_MESSAGE'],
    [false, 'ROOM_BAD_MESSAGE'],
    [false, 'ROOM_NOT_JOINED'],
  ])
})

test('a role counts for the very next message, upwards and downwards', async () => {
  const { owner, room } = await openRoom()
  const tab = await simulate(room)
  const guest = person()
  await guest.request('join_room', { room: room.code, username: 'Grace' })
  const user_id = guest.socket.id
  const drive = () => guest.socket.emit('clientMessage', { func: 'get_echo', value: 1, fossbot_name: 'fossbot' })
  drive()
  await eventually(() => expect(heardOf(guest, 'godotError')?.code).toBe('ROOM_ROLE_REFUSED'))
  expect(await guest.request('promote_member', { user_id, role: 'owner' })).toMatchObject({
    error: { code: 'ROOM_ROLE_REFUSED' },
  })
  expect(await owner.request('promote_member', { user_id, role: 'driver' })).toEqual({ ok: true })
  drive()
  await eventually(() => expect(heardOf(guest, 'godotMessage')?.data).toBe(1))
  expect(tab.owners.get('fossbot')).toBe(user_id)
  guest.socket.emit('clientMessage', { func: 'remove_all_objects' })
  await eventually(() => expect(events(guest).filter((event) => event === 'godotError')).toHaveLength(2))
  // Down again: the robot is free at once, and what the member says is refused.
  expect(await owner.request('promote_member', { user_id, role: 'viewer' })).toEqual({ ok: true })
  await eventually(() => expect(tab.owners.size).toBe(0))
  const count = tab.received.length
  drive()
  await eventually(() => expect(events(guest).filter((event) => event === 'godotError')).toHaveLength(3))
  expect(tab.received).toHaveLength(count)
  expect(heardOf(guest, 'member_changed')).toMatchObject({ user_id, role: 'viewer' })
})

test('an owner changes what the code grants, locks the room, and removes members', async () => {
  const { owner, room } = await openRoom()
  const tab = await simulate(room)
  expect(await owner.request('set_room', { code_role: 'driver' })).toEqual({ ok: true })
  const guest = person()
  expect(await guest.request('join_room', { room: room.code, username: 'Grace' })).toMatchObject({ role: 'driver' })
  guest.socket.emit('clientMessage', { func: 'get_distance', fossbot_name: 'fossbot' })
  await eventually(() => expect(tab.owners.size).toBe(1))
  await owner.request('set_room', { locked: true })
  const late = person()
  for (const name of [room.code, room.room_id]) {
    const answer = await late.request('join_room', { room: name, username: 'Late' })
    expect(answer).toMatchObject({ ok: false, error: { code: 'ROOM_LOCKED' } })
  }
  expect(await owner.request('remove_member', { user_id: guest.socket.id })).toEqual({ ok: true })
  await eventually(() => expect(heardOf(guest, 'godotError')?.code).toBe('ROOM_REMOVED'))
  await eventually(() => expect(tab.owners.size).toBe(0))
  expect(heardOf(owner, 'member_left')).toMatchObject({ username: 'Grace' })
  expect(await guest.request('join_room', { room: room.code, username: 'Grace' })).toMatchObject({
    error: { code: 'ROOM_LOCKED' },
  })
  expect(await owner.request('remove_member', { user_id: 'nobody' })).toMatchObject({
    error: { code: 'ROOM_MEMBER_UNKNOWN' },
  })
})

test('where admission is needed, people and unmodified programs wait until an owner decides', async () => {
  const { owner, room } = await openRoom('Ada', { admission: true })
  await simulate(room)
  const guest = person()
  const joining = guest.request('join_room', { room: room.code, username: 'Grace' })
  await eventually(() => expect(heardOf(owner, 'member_waiting')).toMatchObject({ username: 'Grace' }))
  expect(await owner.request('admit_member', { user_id: guest.socket.id, role: 'driver' })).toEqual({ ok: true })
  expect(await joining).toMatchObject({ ok: true, role: 'driver', admitted: true })

  const program = person()
  await eventually(() => expect(program.socket.connected).toBe(true))
  const user_id = program.socket.id!
  program.socket.emit('pythonConnect', { session_id: room.room_id, user_id, fossbot_name: 'fossbot', func: 'connect' })
  program.socket.emit('clientMessage', { func: 'get_distance', fossbot_name: 'fossbot' })
  await eventually(() => expect(heardOf(owner, 'member_waiting')).toMatchObject({ user_id }))
  expect((await owner.request('list_members')).waiting).toEqual([{ user_id, username: '' }])
  expect(program.heard).toEqual([])
  await owner.request('admit_member', { user_id })
  await eventually(() => expect(program.heard).toHaveLength(1))
  expect(program.heard[0]).toMatchObject({ event: 'godotMessage', payload: { data: 10000 } })

  const refused = person()
  const asking = refused.request('join_room', { room: room.code, username: 'Eve' })
  await eventually(() => expect(heardOf(owner, 'member_waiting')).toMatchObject({ username: 'Eve' }))
  await owner.request('remove_member', { user_id: refused.socket.id })
  expect(await asking).toMatchObject({ ok: false, error: { code: 'ROOM_REMOVED' } })
  // Who goes away while it waits is not there to be admitted.
  const gone = person()
  gone.request('join_room', { room: room.code, username: 'Gone' }).catch(() => undefined)
  await eventually(() => expect(heardOf(owner, 'member_waiting')).toMatchObject({ username: 'Gone' }))
  const goneId = heardOf(owner, 'member_waiting')?.user_id
  gone.socket.disconnect()
  await eventually(async () => expect((await owner.request('list_members')).waiting).toEqual([]))
  expect(await owner.request('admit_member', { user_id: goneId })).toMatchObject({
    error: { code: 'ROOM_MEMBER_UNKNOWN' },
  })
})

test('unmodified clients hear nothing of the lobby, those who ask do', async () => {
  const { room } = await openRoom()
  const tab = await simulate(room)
  const heardByTab: string[] = []
  tab.socket.onAny((event) => heardByTab.push(event))
  const original = person()
  const modern = person()
  for (const [who, robot, presence] of [
    [original, 'fossbot', undefined],
    [modern, 'second', true],
  ] as const) {
    await eventually(() => expect(who.socket.connected).toBe(true))
    const fields = { session_id: room.room_id, user_id: who.socket.id, fossbot_name: robot, func: 'connect', presence }
    who.socket.emit('pythonConnect', fields)
  }
  await eventually(() => expect(tab.received).toHaveLength(2))
  const guest = person()
  await guest.request('join_room', { room: room.code, username: 'Grace' })
  guest.socket.disconnect()
  await eventually(() => expect(events(modern)).toContain('member_left'))
  tab.socket.io.engine.close()
  // At once, and not when the place has lapsed.
  await eventually(() => expect(heardOf(modern, 'simulator_changed')).toEqual({ simulator: 'away' }), { timeout: 2000 })
  await simulate(room)
  await eventually(() => expect(heardOf(modern, 'simulator_changed')).toEqual({ simulator: 'here' }))
  expect(events(modern)).toEqual([
    ...['godotError', 'member_joined', 'member_left'].filter((event) => events(modern).includes(event)),
    'simulator_changed',
    'simulator_changed',
  ])
  expect(events(original)).toEqual([])
  expect(new Set(heardByTab)).toEqual(new Set(['clientMessage']))
})

test('a token gives a name and a role in one room, for a while', async () => {
  const { owner, room } = await openRoom()
  const tab = await simulate(room)
  const tokens = `${bench.address}/api/v1/rooms/${room.room_id}/tokens`
  const issue = (body: Message, key = room.key) =>
    fetch(tokens, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) })
  expect((await issue({ username: 'Grace' }, 'guess')).status).toBe(403)
  expect((await issue({ username: 'Grace', role: 'king' })).status).toBe(400)
  expect((await fetch(tokens)).status).toBe(405)
  const made = await issue({ username: 'Grace', role: 'driver', expires_in: 60 })
  expect(made.status).toBe(201)
  const { token, expires } = (await made.json()) as { token: string; expires: number }
  expect(Math.abs(expires - Date.now() / 1000 - 60)).toBeLessThan(5)
  const join = async (given: string, session_id = room.code) => {
    const who = person()
    await eventually(() => expect(who.socket.connected).toBe(true))
    who.socket.emit('pythonConnect', { session_id, token: given, fossbot_name: 'fossbot', func: 'connect' })
    who.socket.emit('clientMessage', { func: 'get_echo', value: 'driven', fossbot_name: 'fossbot' })
    await eventually(() => expect(who.heard.length).toBeGreaterThan(0))
    return who
  }
  // By code alone it would only watch.
  const program = await join(token)
  expect(program.heard.at(-1)).toMatchObject({ event: 'godotMessage', payload: { data: 'driven' } })
  expect(JSON.stringify(tab.received)).not.toContain(token)
  expect((await owner.request('list_members')).members).toContainEqual({
    user_id: program.socket.id,
    username: 'Grace',
    role: 'driver',
    here: true,
    robots: ['fossbot'],
  })
  const [body = '', signature] = token.split('.')
  const grant = JSON.parse(Buffer.from(body, 'base64url').toString()) as Message
  const forged = Buffer.from(JSON.stringify({ ...grant, role: 'owner' })).toString('base64url')
  const { room: other } = await openRoom('Bob')
  const short = ((await (await issue({ username: 'Short', expires_in: 0.001 })).json()) as { token: string }).token
  for (const [given, session] of [
    [`${forged}.${signature}`, room.code],
    [token, other.room_id],
    [short, room.code],
    ['nonsense', room.code],
  ] as const) {
    const who = await join(given, session)
    expect(heardOf(who, 'godotError')?.code).toBe('ROOM_TOKEN_WRONG')
  }
  // Who is removed does not come back with the same token.
  await owner.request('remove_member', { user_id: program.socket.id })
  await eventually(() => expect(heardOf(program, 'godotError')?.code).toBe('ROOM_REMOVED'))
  expect(heardOf(await join(token), 'godotError')?.code).toBe('ROOM_REMOVED')
})

test('pages of listed sites may open rooms and read the answer, others may not', async () => {
  await bench.restart({ allowedOrigins: ['https://school.example'] })
  const ask = (path: string, origin: string, method = 'POST') =>
    fetch(`${bench.address}${path}`, { method, headers: { origin } })
  const opened = await ask('/api/v1/rooms', 'https://school.example')
  expect([opened.status, opened.headers.get('access-control-allow-origin')]).toEqual([201, 'https://school.example'])
  const preflight = await ask('/api/v1/rooms', 'https://school.example', 'OPTIONS')
  expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'POST'])
  const refused = await ask('/api/v1/rooms', 'https://elsewhere.example')
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
  const poll = await ask('/socket.io/?EIO=4&transport=polling', 'https://school.example', 'GET')
  expect([poll.status, poll.headers.get('access-control-allow-origin')]).toEqual([200, 'https://school.example'])
  expect((await ask('/socket.io/?EIO=4&transport=polling', 'https://elsewhere.example', 'GET')).status).toBe(403)
})

test('small messages are not held back: 100 answers in a row take less than one delayed acknowledgement each', async () => {
  const { room } = await openRoom()
  await simulate(room)
  const program = person()
  await eventually(() => expect(program.socket.connected).toBe(true))
  program.socket.emit('pythonConnect', { session_id: room.room_id, fossbot_name: 'fossbot', func: 'connect' })
  const times: number[] = []
  for (let value = 0; value < 100; value++) {
    const startedAt = performance.now()
    const answer = new Promise((resolve) => program.socket.once('godotMessage', resolve))
    // Two small writes one after the other are what waits without TCP_NODELAY.
    program.socket.emit('clientMessage', { func: 'just_move', fossbot_name: 'fossbot' })
    program.socket.emit('clientMessage', { func: 'get_echo', value, fossbot_name: 'fossbot' })
    await answer
    times.push(performance.now() - startedAt)
  }
  expect(times.sort((a, b) => a - b)[50]).toBeLessThan(20)
})

test('a client that does not read is cut, and nobody else waits for it', async () => {
  const { room } = await openRoom()
  const tab = await simulate(room)
  const deaf = connectTcp(bench.port, '127.0.0.1')
  bench.closeAtEnd(() => deaf.destroy())
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  deaf.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: relay\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  let heard = ''
  deaf.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  await eventually(() => expect(heard).toContain('"sid"'))
  deaf.write(frame('40/godot,'))
  await eventually(() => expect(heard).toContain('40/godot,{'))
  deaf.write(frame(`42/godot,["pythonConnect",{"session_id":"${room.room_id}","func":"connect"}]`))
  await eventually(() => expect(tab.received.map(({ func }) => func)).toContain('connect'))
  const { user_id } = tab.received[0]!
  deaf.pause()
  const data = 'x'.repeat(1000)
  for (let index = 0; index < 25_000; index++) {
    tab.socket.emit('godotMessage', { data, user_id })
    if (index % 200 === 0) await eventually(() => expect(sendQueue(tab)).toBeLessThan(50), { interval: 1 })
  }
  await eventually(async () =>
    expect(await bench.relay.metrics.text()).toContain('simyard_relay_cut_total{reason="does-not-read"} 1'),
  )
  // Its place is free at once, though its own end of the wire is still there.
  await eventually(async () => expect(await bench.relay.metrics.text()).toContain('simyard_relay_members 1'))
  const program = person()
  await eventually(() => expect(program.socket.connected).toBe(true))
  program.socket.emit('pythonConnect', { session_id: room.room_id, fossbot_name: 'fossbot', func: 'connect' })
  program.socket.emit('clientMessage', { func: 'get_echo', value: 'well', fossbot_name: 'fossbot' })
  await eventually(() => expect(heardOf(program, 'godotMessage')?.data).toBe('well'))
})

/** Packets that the tab has not given to the network yet. */
function sendQueue(tab: FossbotSimulator): number {
  return (tab.socket.io.engine as unknown as { writeBuffer: unknown[] }).writeBuffer.length
}

/** A text of up to 64 KiB as a client's WebSocket frame, with a mask of zeros. */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const head = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body])
}
