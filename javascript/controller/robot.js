import { Device, deviceClasses } from './devices.js'
import { openLink } from './link.js'

const PROTOCOL_VERSION = 1

export class Robot {
  #link
  #welcome
  #time
  #customData
  #over = false
  #devices = new Map()
  #windowTexts = []
  /** Commands since the last step. */
  commands = []
  /** Newest samples by device name. */
  values = {}

  /** Connects to the simulation; use this instead of `new`. */
  static async connect(link) {
    const opened = link ?? (await openLink())
    opened.send({ type: 'hello', version: PROTOCOL_VERSION, language: 'javascript' })
    const answer = await opened.next()
    if (answer?.message.type !== 'welcome') {
      throw new Error(answer?.message.message ?? 'The simulation has gone before the controller started.')
    }
    return new Robot(opened, answer.message)
  }

  constructor(link, welcome) {
    if (!welcome) throw new Error('Use: const robot = await Robot.connect()')
    this.#link = link
    this.#welcome = welcome
    this.#time = welcome.time
    this.#customData = welcome.customData
    for (const description of welcome.devices) {
      const Class = deviceClasses[description.type] ?? Device
      if (!this.#devices.has(description.name)) this.#devices.set(description.name, new Class(this, description))
    }
  }

  /** Lets `timeStep` ms of simulated time pass. Resolves to 0, or to -1 when the simulation ends. */
  async step(timeStep = this.getBasicTimeStep()) {
    if (this.#over) return -1
    this.#link.send({ type: 'step', ms: Math.max(0, Math.trunc(timeStep)), commands: this.commands.splice(0) })
    const answer = await this.#link.next()
    if (!answer || answer.message.type === 'quit') {
      this.#over = true
      return -1
    }
    const { message, attachments } = answer
    this.#time = message.time
    Object.assign(this.values, message.values)
    for (const [index, announced] of (message.attachments ?? []).entries()) {
      this.#devices.get(announced.device).image = attachments[index]
    }
    for (const [name, packets] of Object.entries(message.packets ?? {})) this.#devices.get(name).arrived(packets)
    this.#customData = message.customData ?? this.#customData
    this.#windowTexts.push(...(message.windowTexts ?? []))
    if (message.warning) this.warn(message.warning)
    return 0
  }

  /** Simulated seconds. */
  getTime() {
    return this.#time
  }
  getBasicTimeStep() {
    return this.#welcome.basicTimeStepMs
  }
  getName() {
    return this.#welcome.robot
  }
  getModel() {
    return this.#welcome.model
  }
  getCustomData() {
    return this.#customData
  }
  setCustomData(data) {
    this.#customData = String(data)
    this.commands.push({ set: 'customData', value: this.#customData })
  }
  /** Sends text to the robot's window; it leaves with the next step. */
  wwiSendText(text) {
    this.commands.push({ set: 'windowText', value: String(text) })
  }
  /** The oldest text that the robot's window has sent, null when there is no other. */
  wwiReceiveText() {
    return this.#windowTexts.shift() ?? null
  }
  getProjectPath() {
    return this.#welcome.projectPath
  }
  getWorldPath() {
    return this.#welcome.worldPath
  }
  getNumberOfDevices() {
    return this.#devices.size
  }
  getDeviceByIndex(index) {
    return [...this.#devices.values()][index] ?? null
  }
  /** The device of this name, or null with a warning. */
  getDevice(name) {
    const device = this.findDevice(name)
    if (!device)
      this.warn(`"${name}" device not found. This robot has: ${[...this.#devices.keys()].join(', ') || 'none'}.`)
    return device
  }
  findDevice(name) {
    return this.#devices.get(name) ?? null
  }
  warn(text) {
    console.error(`Warning: ${text}`)
  }
}
