// What a robot window imports: `import RobotWindow from 'https://cyberbotics.com/wwi/<version>/RobotWindow.js'`.
// Inside Simyard's view the window speaks through the page around it; by itself it opens the stream of its simulation.

const query = new URLSearchParams(location.search)

// biome-ignore lint/style/noDefaultExport: windows import it so.
export default class RobotWindow {
  #transport
  #onConnect

  /** @param {() => void} [callback] when messages can be sent; what is sent before waits. */
  constructor(callback) {
    this.name = query.get('name') ?? ''
    this.#onConnect = callback
    const embedded = query.get('host') === 'view' && window.parent !== window
    this.#transport = embedded
      ? new ParentTransport((text) => this.#deliver(text))
      : new StreamTransport(this.name, (text) => this.#deliver(text))
    this.#transport.ready.then(() => this.#onConnect?.())
  }

  /** To be replaced: what the controller of the robot says. */
  receive(message, robot) {
    console.info(`Robot window of "${robot}": receive() is not defined; the controller says: ${message}`)
  }

  /** To the controller of this robot, or of another one. */
  send(message, robot = this.name) {
    this.#transport.send(String(message), robot)
  }

  setTitle(title) {
    document.title = title
    this.#transport.title(String(title))
  }

  #deliver(text) {
    this.receive(text, this.name)
  }
}

/** The page around this frame carries the messages; it knows which robot this window belongs to. */
class ParentTransport {
  #open

  constructor(deliver) {
    this.ready = new Promise((resolve) => {
      this.#open = resolve
    })
    window.addEventListener('message', ({ source, data }) => {
      if (source !== window.parent || data?.simyard !== 'robot window') return
      if (data.type === 'connected') this.#open()
      if (data.type === 'text') deliver(String(data.text))
    })
    this.#post({ type: 'ready' })
  }

  send(text, robot) {
    this.#post({ type: 'text', text, robot })
  }

  title(title) {
    this.#post({ type: 'title', title })
  }

  #post(message) {
    // The page around may be anywhere; it checks where messages come from.
    window.parent.postMessage({ simyard: 'robot window', ...message }, '*')
  }
}

/** A window of its own in the browser: it sits on the stream of the simulation that served it. */
class StreamTransport {
  #socket
  #waiting = []
  #opened = false

  constructor(name, deliver) {
    const address = location.href.slice(0, location.href.indexOf('/robot_windows/')).replace(/^http/, 'ws')
    this.#socket = new WebSocket(`${address}/`)
    this.ready = new Promise((resolve) => {
      this.#socket.addEventListener('open', () => {
        this.#opened = true
        this.#socket.send(toRobot(name, 'init robot window'))
        for (const text of this.#waiting.splice(0)) this.#socket.send(text)
        resolve()
      })
    })
    this.#socket.addEventListener('message', ({ data }) => {
      const said = textFor(name, data)
      if (said !== undefined) deliver(said)
    })
    this.#socket.addEventListener('close', ({ code }) => {
      if (!this.#opened) tellUnreachable()
      else if (code > 1001) window.close()
    })
  }

  send(text, robot) {
    const message = toRobot(robot, text)
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message)
    else this.#waiting.push(message)
  }

  title() {}
}

function tellUnreachable() {
  const text = document.createElement('p')
  text.setAttribute('role', 'alert')
  text.textContent = 'This window cannot reach its simulation from here. Open it in the view of the simulation.'
  document.body.prepend(text)
}

/** Names with colons need the longer form. */
function toRobot(robot, text) {
  const plain = !robot.includes(':') && !robot.startsWith('{')
  return `robot:${plain ? `${robot}:${text}` : JSON.stringify({ message: text, name: robot })}`
}

function textFor(name, data) {
  if (typeof data !== 'string' || !data.startsWith('robot: {')) return undefined
  try {
    const said = JSON.parse(data.slice('robot: '.length))
    return said.name === name ? said.message : undefined
  } catch {
    return undefined
  }
}
