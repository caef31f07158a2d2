// Rooms of simulators and programs as raw WebSocket frames, in a process of their own: a client library would be slower
// than the relay. Takes a plan as JSON, writes results as JSON.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const plan = JSON.parse(process.argv[2])
const { address, kind, rooms, programs = 1, inFlight = 0, seconds = 0, hz = 0, serverPid } = plan
const { hostname, port } = new URL(address)
const WARM_UP_S = 1
const TICKS_PER_S = 100

/** A text as a client's frame; the mask is of zeros, so that the text stays as it is. */
function frame(text) {
  const body = Buffer.from(text)
  const head = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body])
}
const event = (name, payload) =>
  frame(`42/godot,["${name}"${payload === undefined ? '' : `,${JSON.stringify(payload)}`}]`)
const PONG = frame('3')

/** One Socket.IO connection in `/godot`; `take(frames, count)` gets the payloads of each chunk. */
class Client {
  take = () => {}
  rest = Buffer.alloc(0)
  constructor(socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.read(chunk))
  }
  static open(cookie) {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      socket.once('error', reject)
      let text = ''
      let step = 0
      const key = randomBytes(16).toString('base64')
      socket.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${cookie ? `Cookie: ${cookie}\r\n` : ''}\r\n`,
      )
      const listen = (chunk) => {
        text += chunk.toString('latin1')
        if (step === 0 && text.includes('"pingTimeout"')) {
          step = 1
          socket.write(frame('40/godot,{}'))
        }
        const sid = /40\/godot,\{"sid":"([^"]+)"\}/.exec(text)?.[1]
        if (sid === undefined) return
        socket.off('data', listen)
        const client = new Client(socket)
        client.sid = sid
        resolve(client)
      }
      socket.on('data', listen)
    })
  }
  read(chunk) {
    const data = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk
    let at = 0
    const out = []
    while (at + 2 <= data.length) {
      let length = data[at + 1] & 127
      let head = 2
      if (length === 126) {
        if (at + 4 > data.length) break
        length = data.readUInt16BE(at + 2)
        head = 4
      }
      if (at + head + length > data.length) break
      const start = at + head
      // An Engine.IO ping, or an event; its name begins at the twelfth character.
      if (length === 1 && data[start] === 0x32) out.push(PONG)
      else {
        const answer = this.take(data, start, length)
        if (answer) out.push(answer)
      }
      at = start + length
    }
    this.rest = at < data.length ? data.subarray(at) : Buffer.alloc(0)
    if (out.length > 0) this.socket.write(out.length === 1 ? out[0] : Buffer.concat(out))
  }
}

const EVENT_AT = '42/godot,["'.length
const isEvent = (data, start, letter) => data[start + EVENT_AT] === letter
const COMMAND = 'c'.charCodeAt(0)
const REPLY = 'g'.charCodeAt(0)

async function openRoom() {
  if (kind === 'flask') {
    const response = await fetch(`${address}/godot`)
    return { id: await response.text(), cookie: response.headers.getSetCookie()[0].split(';')[0] }
  }
  for (;;) {
    const response = await fetch(`${address}/api/v1/rooms`, { method: 'POST' })
    if (response.status === 201) return response.json()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A simulator that answers every question at once, and its programs. */
async function open() {
  const { id, key, cookie } = await openRoom()
  const simulator = await Client.open(cookie)
  const members = []
  const names = new Map()
  simulator.socket.write(kind === 'flask' ? event('browserConnect') : event('browserConnect', { session_id: id, key }))
  if (kind === 'flask') await new Promise((resolve) => (simulator.take = () => void resolve()))
  else while ((await (await fetch(`${address}/api/v1/rooms/${id}`)).json()).simulator !== 'here');
  for (let index = 0; index < programs; index++) {
    const member = await Client.open()
    const fossbot_name = `r${index}`
    const joined = new Promise((resolve) => (simulator.take = () => void resolve()))
    member.socket.write(event('pythonConnect', { session_id: id, user_id: member.sid, fossbot_name, func: 'connect' }))
    await joined
    names.set(member.sid, event('godotMessage', { data: 3.4277, fossbot_name, user_id: member.sid }))
    member.question = event('clientMessage', { func: 'get_distance', fossbot_name })
    members.push(member)
  }
  const [answer] = names.values()
  simulator.take = (data, start) => (isEvent(data, start, COMMAND) ? answer : undefined)
  return { simulator, members }
}

const cpuTicks = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}
const residentKiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1])
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const before = residentKiB(serverPid)
const opened = []
for (let at = 0; at < rooms; at += 25) {
  opened.push(...(await Promise.all(Array.from({ length: Math.min(25, rooms - at) }, open))))
}
if (inFlight > 0) {
  let answered = 0
  for (const { members } of opened) {
    for (const member of members) {
      member.take = (data, start) => {
        if (!isEvent(data, start, REPLY)) return undefined
        answered++
        return member.question
      }
      member.socket.write(Buffer.concat(Array(inFlight).fill(member.question)))
    }
  }
  await wait(WARM_UP_S * 1000)
  const from = { answered, cpu: cpuTicks(serverPid), own: process.cpuUsage(), at: performance.now() }
  await wait(seconds * 1000)
  const durationS = (performance.now() - from.at) / 1000
  const count = answered - from.answered
  const own = process.cpuUsage(from.own)
  process.stdout.write(
    JSON.stringify({
      perSecond: count / durationS,
      cpuUs: ((cpuTicks(serverPid) - from.cpu) * 1e6) / TICKS_PER_S / count,
      generatorShare: (own.user + own.system) / 1e6 / durationS,
    }),
  )
} else if (hz > 0) {
  const [{ members }] = opened
  const [member] = members
  const times = []
  for (let count = 0; count < hz * seconds; count++) {
    const next = wait(1000 / hz)
    const sentAt = performance.now()
    const answer = new Promise((resolve) => {
      member.take = (data, start) => {
        if (isEvent(data, start, REPLY)) resolve()
      }
    })
    member.socket.write(member.question)
    await answer
    times.push(performance.now() - sentAt)
    await next
  }
  process.stdout.write(JSON.stringify({ times }))
} else {
  await wait(2000)
  const connections = rooms * (programs + 1)
  process.stdout.write(JSON.stringify({ kiB: (residentKiB(serverPid) - before) / connections, connections }))
}
process.exit(0)
