// The window that every robot has: its devices and what they say, read from the stream of the simulation.
const robot = new URLSearchParams(location.search).get('name') ?? ''
const base = location.href.slice(0, location.href.indexOf('/robot_windows/')).replace(/^http/, 'ws')
const state = document.querySelector('#state')
const table = document.querySelector('table')
const rows = new Map()
document.title = `${robot}: devices`
document.querySelector('h1').textContent = robot

const socket = new WebSocket(`${base}/`)
const ask = (request) => socket.send(`simyard:${JSON.stringify(request)}`)
socket.addEventListener('open', () => {
  socket.send('simyard:hello')
  ask({ type: 'watch', robots: [robot], sampled: [robot], pictures: [], contacts: false })
  state.textContent = `Waiting for the devices of ${robot} …`
})
socket.addEventListener('close', () => {
  state.textContent = 'The simulation has ended.'
})
socket.addEventListener('message', ({ data }) => {
  if (typeof data !== 'string' || !data.startsWith('simyard:')) return
  const event = JSON.parse(data.slice('simyard:'.length))
  if (event.type === 'devices' && event.robot === robot) showDevices(event.devices)
  if (event.type === 'readings') {
    for (const reading of event.robots.find((one) => one.robot === robot)?.devices ?? []) showReading(reading)
  }
})

function showDevices(devices) {
  rows.clear()
  const body = table.querySelector('tbody')
  body.replaceChildren(...devices.map((device) => rowOf(device)))
  table.hidden = devices.length === 0
  state.textContent = devices.length === 0 ? 'This robot has no devices.' : ''
}

function rowOf(device) {
  const row = document.createElement('tr')
  const value = document.createElement('td')
  const shown = document.createElement('div')
  value.append(shown)
  if (device.type.endsWith('Motor')) value.append(velocityOf(device))
  rows.set(device.name, shown)
  row.append(cell(device.name), cell(device.type), value)
  return row
}

function cell(text) {
  const made = document.createElement('td')
  made.textContent = text
  return made
}

/** Moves a motor by hand; a controller that commands it goes on doing so. */
function velocityOf({ name, constants }) {
  const slider = document.createElement('input')
  const most = constants.maxVelocity ?? 10
  Object.assign(slider, { type: 'range', min: -most, max: most, step: most / 50, value: 0 })
  slider.setAttribute('aria-label', `Velocity of ${name}`)
  slider.addEventListener('input', () => ask({ type: 'drive', robot, device: name, velocity: Number(slider.value) }))
  return slider
}

function showReading({ device, enabled, value, position }) {
  const shown = rows.get(device)
  if (!shown) return
  const said = value ?? position
  const text = [said]
    .flat()
    .map((part) => (typeof part === 'number' ? part.toPrecision(4) : ''))
    .join('  ')
  shown.textContent = enabled ? text : `${text} (not enabled by its controller)`
}
