import { type DeviceWorld, RobotDevices, type Sight } from '@simyard/devices'
import type {
  DeviceCommand,
  DeviceDescription,
  DeviceReading,
  ErrorReport,
  InkStroke,
  NodeUpdate,
  RobotSummary,
} from '@simyard/protocol'
import { getString, getStrings, type SceneNode } from '@simyard/scene'
import { ControllerSession } from './controller-session.js'
import type { InputLog } from './input-log.js'
import type { SimulationHost } from './simulation-host.js'
import { WindowInbox } from './window-inbox.js'

/** What robots need of the world they are in. */
export interface RobotWorld {
  readonly devices: DeviceWorld
  readonly host: SimulationHost
  readonly inputLog: InputLog
  readonly basicTimeStepMs: number
  /** Simulated milliseconds. */
  readonly timeMs: number
}

interface RobotEntry {
  readonly node: SceneNode
  readonly name: string
  readonly devices: RobotDevices
  readonly synchronised: boolean
  customData: string
  controller: number
  session: ControllerSession | undefined
  /** What the robot's window said. */
  readonly inbox: WindowInbox
}

const BUILT_IN = new Set(['', '<none>', 'void'])

/** The robots of one running world, in document order, each with its devices, its controller and its window. */
export class Robots {
  private entries: RobotEntry[] = []
  private readonly byController = new Map<number, RobotEntry>()
  private nextController = 1
  private readonly byHand: { readonly robot: string; readonly commands: readonly DeviceCommand[] }[] = []
  private started = false

  constructor(private readonly world: RobotWorld) {}

  get list(): readonly RobotSummary[] {
    const main = getString(this.world.devices.scene.worldInfo, 'window')
    return this.entries.map(({ node, name }) => {
      const window = getString(node, 'window')
      return {
        name,
        model: getString(node, 'model'),
        controller: getString(node, 'controller'),
        window,
        ...(window === main && !['', '<none>'].includes(main) ? { main: true } : {}),
        nodeId: node.id,
      }
    })
  }

  // ---- controllers --------------------------------------------------------------------------------------------

  startControllers(): void {
    this.started = true
    for (const entry of this.entries) this.startController(entry)
  }

  private startController(entry: RobotEntry): void {
    const name = getString(entry.node, 'controller')
    if (BUILT_IN.has(name)) return
    const { host } = this.world
    const extern = name === '<extern>'
    const controller = this.nextController++
    entry.controller = controller
    this.byController.set(controller, entry)
    entry.session = new ControllerSession(
      {
        send: (bytes) => host.sendToController(controller, bytes),
        welcome: () => this.welcome(entry),
        timeMs: () => this.world.timeMs,
        stepMs: this.world.basicTimeStepMs,
        warn: (line) => host.console({ stream: 'stderr', robot: entry.name, line }),
        changed: () => host.controllersChanged(),
        joined: () =>
          this.world.inputLog.add({
            timeMs: this.world.timeMs,
            type: 'controller',
            robot: entry.name,
            event: 'joined',
          }),
      },
      extern,
    )
    host.startController({
      controller,
      robot: entry.name,
      name,
      args: getStrings(entry.node, 'controllerArgs'),
      extern,
    })
  }

  private welcome(entry: RobotEntry) {
    return {
      robot: entry.name,
      model: getString(entry.node, 'model'),
      customData: entry.customData,
      basicTimeStepMs: this.world.basicTimeStepMs,
      time: this.world.timeMs / 1000,
      supervisor: entry.node.fields.get('supervisor') === true,
      projectPath: '/work',
      worldPath: this.world.devices.scene.url.replace('project:/', '/work/'),
      devices: entry.devices.descriptions,
    }
  }

  receiveFromController(controller: number, bytes: Uint8Array): void {
    this.byController.get(controller)?.session?.receive(bytes)
  }

  /** Text from a robot's window: the controller gets it with the answer to its step. */
  receiveWindowText(robot: string, text: string): void {
    const entry = this.named(robot)
    if (!entry || (entry.controller === 0 && this.started)) return
    this.world.inputLog.add({ timeMs: this.world.timeMs, type: 'robot-message', robot, message: text })
    if (entry.inbox.add(text)) return
    const line = 'Warning: its window says more than its controller reads; the oldest texts are lost.'
    this.world.host.console({ stream: 'stderr', robot, line })
  }

  /** The controller's process has gone; `report` says why when it was not its own wish. */
  controllerEnded(controller: number, exit: { exitCode: number | null; report?: ErrorReport }): void {
    const entry = this.byController.get(controller)
    if (!entry) return
    this.byController.delete(controller)
    const { host } = this.world
    const extern = getString(entry.node, 'controller') === '<extern>'
    entry.session = undefined
    this.world.inputLog.add({ timeMs: this.world.timeMs, type: 'controller', robot: entry.name, event: 'left' })
    if (exit.report) {
      host.diagnostic({ severity: 'error', ...exit.report })
      host.console({ stream: 'stderr', robot: entry.name, line: `${exit.report.message} [${exit.report.code}]` })
    } else {
      host.console({ stream: 'stdout', robot: entry.name, line: 'INFO: the controller has ended.' })
    }
    // An extern controller that left may come back.
    if (extern) this.startController(entry)
    host.controllersChanged()
  }

  /** Robots whose controllers the next step has to wait for. */
  awaited(): readonly string[] {
    return this.entries.filter((entry) => this.isAwaited(entry)).map(({ name }) => name)
  }

  private isAwaited({ session, synchronised }: RobotEntry): boolean {
    if (!session || !synchronised) return false
    const { state } = session
    switch (state.state) {
      case 'awaiting-hello':
        return !state.extern
      case 'computing':
        return true
      case 'awaiting-time':
      case 'late':
      case 'absent':
        return false
    }
  }

  /** Whether some awaited controller has not even connected; starting takes longer than a step. */
  get awaitsStart(): boolean {
    return this.entries.some((entry) => entry.session?.state.state === 'awaiting-hello' && this.isAwaited(entry))
  }

  /** The world goes on without those that are awaited; each is told of once, until it asks for time again. */
  goOnWithout(waitedMs: number): void {
    for (const entry of this.entries) {
      if (!entry.session || !this.isAwaited(entry)) continue
      const starting = entry.session.state.state === 'awaiting-hello'
      entry.session.state = { state: 'late' }
      this.world.inputLog.add({ timeMs: this.world.timeMs, type: 'controller', robot: entry.name, event: 'late' })
      const message = starting
        ? `The controller of robot "${entry.name}" did not connect within ${waitedMs / 1000} s; the world goes on without it.`
        : `The controller of robot "${entry.name}" has not called step() for ${waitedMs / 1000} s; the world goes on without it. Look for an endless loop without robot.step().`
      this.world.host.diagnostic({ severity: 'error', code: 'CONTROLLER_NOT_STEPPING', message })
      this.world.host.console({ stream: 'stderr', robot: entry.name, line: `${message} [CONTROLLER_NOT_STEPPING]` })
    }
  }

  // ---- commands and answers -----------------------------------------------------------------------------------

  /** In document order, whoever spoke first: the order of arrival must not change the run. */
  beforeStep(): void {
    this.applyByHand()
    for (const entry of this.entries) this.applyCommands(entry)
  }

  afterStep(): void {
    for (const { devices } of this.entries) devices.afterStep(this.world.basicTimeStepMs / 1000)
  }

  private applyCommands(entry: RobotEntry): void {
    const commands = entry.session?.takeCommands() ?? []
    if (commands.length === 0) return
    this.world.inputLog.add({ timeMs: this.world.timeMs, type: 'commands', robot: entry.name, commands })
    for (const command of commands) {
      if (command.set === 'customData') {
        entry.customData = command.value
        continue
      }
      if (command.set === 'windowText') {
        this.world.host.windowText?.(entry.name, command.value)
        continue
      }
      this.applyOne(entry, command)
    }
  }

  /** Moves a motor from the next step on, until the robot's controller commands it. */
  driveByHand(robot: string, commands: readonly DeviceCommand[]): void {
    this.byHand.push({ robot, commands })
  }

  /** Before the commands of controllers, which have the last word. */
  private applyByHand(): void {
    for (const { robot, commands } of this.byHand.splice(0)) {
      const entry = this.named(robot)
      if (!entry) continue
      this.world.inputLog.add({ timeMs: this.world.timeMs, type: 'by-hand', robot, commands })
      for (const command of commands) this.applyOne(entry, command)
    }
  }

  private applyOne(entry: RobotEntry, command: DeviceCommand): void {
    const warning = entry.devices.apply(command, this.world.timeMs)
    if (warning) this.world.host.console({ stream: 'stderr', robot: entry.name, line: `Warning: ${warning}` })
  }

  /** Answers controllers whose time has come; also in a pause, when they asked for none. */
  answerDue(): void {
    for (const entry of this.entries) {
      const state = entry.session?.state
      if (state?.state !== 'awaiting-time' || state.dueMs > this.world.timeMs) continue
      this.applyCommands(entry)
      const { values, packets, attachments: seen } = entry.devices.read(this.world.timeMs)
      const attachments = seen.map((one) => ({ ...one, bytes: one.bytes.length }))
      const windowTexts = entry.inbox.take()
      entry.session?.answer(
        {
          type: 'stepped',
          time: this.world.timeMs / 1000,
          values,
          ...(Object.keys(packets).length > 0 ? { packets } : {}),
          ...(attachments.length > 0 ? { attachments } : {}),
          ...(windowTexts.length > 0 ? { windowTexts } : {}),
        },
        seen.map(({ bytes }) => bytes),
      )
    }
  }

  // ---- coming and going ---------------------------------------------------------------------------------------

  /** Stops all controllers; before the world goes back to its start. */
  stop(): void {
    this.byHand.length = 0
    // Robots that come back start with all others.
    this.started = false
    for (const entry of this.entries) {
      this.stopController(entry, 'reset')
      entry.customData = getString(entry.node, 'customData')
      entry.inbox.clear()
    }
  }

  /** After the world went back to its start. */
  resetDevices(): void {
    for (const { devices } of this.entries) devices.reset()
  }

  close(): void {
    for (const entry of this.entries) this.stopController(entry, 'close')
  }

  private stopController(entry: RobotEntry, reason: 'reset' | 'close'): void {
    entry.session?.quit(reason)
    entry.session = undefined
    if (entry.controller > 0) this.world.host.stopController(entry.controller)
    this.byController.delete(entry.controller)
    entry.controller = 0
  }

  /**
   * Brings the robots in line with the physics, in document order. Says whether some came or went, and how to start those
   * that came when everybody has been told.
   */
  follow(): { readonly changed: boolean; startNew(): void } {
    const { devices, host } = this.world
    const known = new Map(this.entries.map((entry) => [entry.node, entry]))
    const left = new Set(known.keys())
    for (const node of devices.physics.robots) left.delete(node)
    for (const node of left) {
      const entry = known.get(node)
      if (entry) this.stopController(entry, 'close')
    }
    devices.radio.forget(left)
    this.entries = devices.physics.robots.map((node) => known.get(node) ?? this.robotEntry(node))
    const fresh = this.entries.filter(({ node }) => !known.has(node))
    const changed = fresh.length > 0 || left.size > 0
    return {
      changed,
      startNew: () => {
        if (this.started) for (const entry of fresh) this.startController(entry)
        if (changed) host.controllersChanged()
      },
    }
  }

  private robotEntry(node: SceneNode): RobotEntry {
    return {
      node,
      name: getString(node, 'name'),
      devices: new RobotDevices(node, this.world.devices),
      synchronised: node.fields.get('synchronization') !== false,
      customData: getString(node, 'customData'),
      controller: 0,
      session: undefined,
      inbox: new WindowInbox(),
    }
  }

  /** Visible changes of devices since this was asked last, such as lights. */
  updates(): readonly NodeUpdate[] {
    return this.entries.flatMap(({ devices }) => devices.updates())
  }

  // ---- for viewers; the run does not notice --------------------------------------------------------------------

  devicesOf(robot: string): readonly DeviceDescription[] | undefined {
    return this.named(robot)?.devices.descriptions
  }

  /** `sampled`: also sensors that the controller has not enabled. Undefined when there is no such robot. */
  readingsOf(robot: string, sampled: boolean): readonly DeviceReading[] | undefined {
    return this.named(robot)?.devices.show(sampled)
  }

  /** What a camera, lidar or range finder sees now. */
  see(robot: string, device: string): Sight | undefined {
    return this.named(robot)?.devices.see(device)
  }

  /** Lines that pens have drawn since this was asked last. */
  takeStrokes(): readonly InkStroke[] {
    return this.entries.flatMap(({ devices }) => devices.strokes())
  }

  private named(robot: string): RobotEntry | undefined {
    return this.entries.find(({ name }) => name === robot)
  }
}
