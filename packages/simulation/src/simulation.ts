import { type DeviceWorld, Radio, Random, Rasterizer, RobotDevices, type Sight, VisualWorld } from '@simyard/devices'
import { createPhysicsWorld, type EngineOptions, type PhysicsWorld } from '@simyard/physics'
import type {
  ContactPoint,
  DeviceCommand,
  DeviceDescription,
  DeviceReading,
  Diagnostic,
  ErrorReport,
  InkStroke,
  NodeUpdate,
  RobotSummary,
  WorldFrame,
} from '@simyard/protocol'
import {
  childNodes,
  getNumber,
  getString,
  getStrings,
  type PreparedNodes,
  type Scene,
  type SceneNode,
} from '@simyard/scene'
import { ControllerSession } from './controller-session.js'
import { InputLog } from './input-log.js'
import { MovingNodes } from './moving-nodes.js'
import type { Supervisor } from './supervisor.js'
import { WindowInbox } from './window-inbox.js'
import { WorldSupervisor } from './world-supervisor.js'

export interface ControllerRequest {
  readonly controller: number
  readonly robot: string
  readonly name: string
  readonly args: readonly string[]
  readonly extern: boolean
}

/** What a simulation asks of the world around it. */
export interface SimulationHost {
  startController(request: ControllerRequest): void
  stopController(controller: number): void
  sendToController(controller: number, bytes: Uint8Array): void
  console(line: { readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }): void
  diagnostic(diagnostic: Diagnostic): void
  /** Text of a controller for its robot's window. */
  windowText?(robot: string, text: string): void
  /** A controller spoke or left: a simulation that waited may go on. */
  controllersChanged(): void
  /** Nodes came or went. Frames after this know them, frames before did not. */
  sceneChanged?(change: SceneChange): void
  /** Something moved or changed its looks without a step; a world that is paused has something to show. */
  touched?(): void
}

export interface SceneChange {
  /** Ids of root nodes, with those of all that was in them. They have gone before the others come. */
  readonly removed: readonly { readonly id: number; readonly inside: readonly number[] }[]
  readonly added: readonly SceneNode[]
  /** All of them, when some came or went. */
  readonly robots?: readonly RobotSummary[]
}

export interface SimulationOptions {
  readonly scene: Scene
  readonly host: SimulationHost
  /** Of the sensors' noise. The same world, seed and inputs make the same run. */
  readonly seed: number
  readonly engine?: EngineOptions
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

/**
 * One running world: clock, physics, devices and controllers in lock-step. It advances only when told (`step`) and
 * never asks what time it is, so that the same inputs make the same run on a server, in a browser and in a test.
 */
export class Simulation {
  /** Simulated milliseconds. */
  timeMs = 0
  readonly basicTimeStepMs: number
  readonly title: string
  readonly info: readonly string[]
  /** Frames a second that viewers get, in wall-clock time. */
  readonly fps: number
  readonly inputLog = new InputLog()
  private robots: RobotEntry[] = []
  private readonly byController = new Map<number, RobotEntry>()
  private readonly moving: MovingNodes
  /** Visible changes beside poses (lights), newest value of each node; for full frames. */
  private readonly visible = new Map<number, NodeUpdate>()
  private nextController = 1
  private readonly byHand: { readonly robot: string; readonly commands: readonly DeviceCommand[] }[] = []
  private started = false
  private readonly devices: DeviceWorld
  private readonly supervising: WorldSupervisor

  private constructor(
    private readonly options: SimulationOptions,
    private readonly physics: PhysicsWorld,
    private readonly radio: Radio,
    private readonly random: Random,
    private readonly visuals: VisualWorld,
  ) {
    const { scene } = options
    this.basicTimeStepMs = getNumber(scene.worldInfo, 'basicTimeStep')
    this.title = getString(scene.worldInfo, 'title')
    this.info = getStrings(scene.worldInfo, 'info')
    this.fps = getNumber(scene.worldInfo, 'FPS')
    this.moving = new MovingNodes(physics)
    this.devices = {
      scene,
      physics,
      random,
      visuals,
      radio,
      cameras: new Rasterizer(visuals, physics.up),
      contactsOf: (solid: SceneNode) => physics.contacts(new Set([solid.id])),
    }
    this.supervising = new WorldSupervisor(this.supervisedWorld())
    this.findRobots()
  }

  /** Rejects with a SimyardError when the physics does not accept the world. */
  static async create(options: SimulationOptions): Promise<Simulation> {
    const { scene } = options
    const physics = await createPhysicsWorld(scene, options.engine)
    const visuals = await VisualWorld.create(scene, physics)
    const simulation = new Simulation(options, physics, new Radio(physics), new Random(options.seed), visuals)
    for (const { node, message } of physics.warnings) {
      options.host.diagnostic({ severity: 'warning', code: 'SCENE_NOT_SIMULATED', message, location: node.location })
    }
    simulation.inputLog.add({ timeMs: 0, type: 'load', world: scene.url, seed: options.seed })
    return simulation
  }

  get supervisor(): Supervisor {
    return this.supervising
  }

  get robotList(): readonly RobotSummary[] {
    const main = getString(this.options.scene.worldInfo, 'window')
    return this.robots.map(({ node, name }) => {
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
    for (const entry of this.robots) this.startController(entry)
  }

  private startController(entry: RobotEntry): void {
    const name = getString(entry.node, 'controller')
    if (BUILT_IN.has(name)) return
    const { host } = this.options
    const extern = name === '<extern>'
    const controller = this.nextController++
    entry.controller = controller
    this.byController.set(controller, entry)
    entry.session = new ControllerSession(
      {
        send: (bytes) => host.sendToController(controller, bytes),
        welcome: () => this.welcome(entry),
        timeMs: () => this.timeMs,
        stepMs: this.basicTimeStepMs,
        warn: (line) => host.console({ stream: 'stderr', robot: entry.name, line }),
        changed: () => host.controllersChanged(),
        joined: () =>
          this.inputLog.add({ timeMs: this.timeMs, type: 'controller', robot: entry.name, event: 'joined' }),
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
      basicTimeStepMs: this.basicTimeStepMs,
      time: this.timeMs / 1000,
      supervisor: entry.node.fields.get('supervisor') === true,
      projectPath: '/work',
      worldPath: this.options.scene.url.replace('project:/', '/work/'),
      devices: entry.devices.descriptions,
    }
  }

  receiveFromController(controller: number, bytes: Uint8Array): void {
    this.byController.get(controller)?.session?.receive(bytes)
  }

  /** Text from a robot's window: the controller gets it with the answer to its step. */
  receiveWindowText(robot: string, text: string): void {
    const entry = this.robotNamed(robot)
    if (!entry || (entry.controller === 0 && this.started)) return
    this.inputLog.add({ timeMs: this.timeMs, type: 'robot-message', robot, message: text })
    if (entry.inbox.add(text)) return
    const line = 'Warning: its window says more than its controller reads; the oldest texts are lost.'
    this.options.host.console({ stream: 'stderr', robot, line })
  }

  /** The controller's process has gone; `report` says why when it was not its own wish. */
  controllerEnded(controller: number, exit: { exitCode: number | null; report?: ErrorReport }): void {
    const entry = this.byController.get(controller)
    if (!entry) return
    this.byController.delete(controller)
    const { host } = this.options
    const extern = getString(entry.node, 'controller') === '<extern>'
    entry.session = undefined
    this.inputLog.add({ timeMs: this.timeMs, type: 'controller', robot: entry.name, event: 'left' })
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
  awaitedRobots(): readonly string[] {
    return this.robots.filter((entry) => this.isAwaited(entry)).map(({ name }) => name)
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
    return this.robots.some((entry) => entry.session?.state.state === 'awaiting-hello' && this.isAwaited(entry))
  }

  /** The world goes on without those that are awaited; each is told of once, until it asks for time again. */
  goOnWithout(waitedMs: number): void {
    for (const entry of this.robots) {
      if (!entry.session || !this.isAwaited(entry)) continue
      const starting = entry.session.state.state === 'awaiting-hello'
      entry.session.state = { state: 'late' }
      this.inputLog.add({ timeMs: this.timeMs, type: 'controller', robot: entry.name, event: 'late' })
      const message = starting
        ? `The controller of robot "${entry.name}" did not connect within ${waitedMs / 1000} s; the world goes on without it.`
        : `The controller of robot "${entry.name}" has not called step() for ${waitedMs / 1000} s; the world goes on without it. Look for an endless loop without robot.step().`
      this.options.host.diagnostic({ severity: 'error', code: 'CONTROLLER_NOT_STEPPING', message })
      this.options.host.console({ stream: 'stderr', robot: entry.name, line: `${message} [CONTROLLER_NOT_STEPPING]` })
    }
  }

  // ---- time ---------------------------------------------------------------------------------------------------

  /** Advances by one basic step. The caller has seen that nobody is awaited. */
  step(): void {
    this.answerDue()
    this.applyByHand()
    for (const entry of this.robots) this.applyCommands(entry)
    this.supervising.beforeStep(this.basicTimeStepMs)
    this.physics.step(this.basicTimeStepMs)
    this.timeMs += this.basicTimeStepMs
    this.radio.deliver()
    for (const entry of this.robots) entry.devices.afterStep(this.basicTimeStepMs / 1000)
    this.supervising.afterStep(this.basicTimeStepMs)
    this.answerDue()
  }

  /** Robots in document order, whoever spoke first: the order of arrival must not change the run. */
  private applyCommands(entry: RobotEntry): void {
    const commands = entry.session?.takeCommands() ?? []
    if (commands.length === 0) return
    this.inputLog.add({ timeMs: this.timeMs, type: 'commands', robot: entry.name, commands })
    for (const command of commands) {
      if (command.set === 'customData') {
        entry.customData = command.value
        continue
      }
      if (command.set === 'windowText') {
        this.options.host.windowText?.(entry.name, command.value)
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
      const entry = this.robotNamed(robot)
      if (!entry) continue
      this.inputLog.add({ timeMs: this.timeMs, type: 'by-hand', robot, commands })
      for (const command of commands) this.applyOne(entry, command)
    }
  }

  private applyOne(entry: RobotEntry, command: DeviceCommand): void {
    const warning = entry.devices.apply(command, this.timeMs)
    if (warning) this.options.host.console({ stream: 'stderr', robot: entry.name, line: `Warning: ${warning}` })
  }

  private answerDue(): void {
    for (const entry of this.robots) {
      const state = entry.session?.state
      if (state?.state !== 'awaiting-time' || state.dueMs > this.timeMs) continue
      this.applyCommands(entry)
      const { values, packets, attachments: seen } = entry.devices.read(this.timeMs)
      const attachments = seen.map((one) => ({ ...one, bytes: one.bytes.length }))
      const windowTexts = entry.inbox.take()
      entry.session?.answer(
        {
          type: 'stepped',
          time: this.timeMs / 1000,
          values,
          ...(Object.keys(packets).length > 0 ? { packets } : {}),
          ...(attachments.length > 0 ? { attachments } : {}),
          ...(windowTexts.length > 0 ? { windowTexts } : {}),
        },
        seen.map(({ bytes }) => bytes),
      )
    }
  }

  /** Answers controllers that asked for no time; for a simulation that is paused. */
  answerWithoutTime(): void {
    this.answerDue()
  }

  /** Back to the state after loading; controllers start anew. */
  reset(): void {
    this.supervising.cancelEdits()
    this.byHand.length = 0
    // Robots that come back start with all others.
    this.started = false
    for (const entry of this.robots) {
      this.stopController(entry, 'reset')
      entry.customData = getString(entry.node, 'customData')
      entry.inbox.clear()
    }
    this.supervising.fields.reset()
    this.physics.reset()
    this.resetScene()
    this.radio.reset()
    this.random.reset()
    for (const entry of this.robots) entry.devices.reset()
    this.timeMs = 0
    this.inputLog.clear()
    this.inputLog.add({ timeMs: 0, type: 'load', world: this.options.scene.url, seed: this.options.seed })
    this.supervising.reset()
    this.startControllers()
  }

  private stopController(entry: RobotEntry, reason: 'reset' | 'close'): void {
    entry.session?.quit(reason)
    entry.session = undefined
    if (entry.controller > 0) this.options.host.stopController(entry.controller)
    this.byController.delete(entry.controller)
    entry.controller = 0
  }

  // ---- the scene while it runs --------------------------------------------------------------------------------

  private supervisedWorld(): ConstructorParameters<typeof WorldSupervisor>[0] {
    const { options, physics, visuals, inputLog } = this
    const { scene, host } = options
    const timeMs = () => this.timeMs
    return {
      scene,
      physics,
      inputLog,
      get timeMs() {
        return timeMs()
      },
      picture: (view) => {
        const { color: background, luminosity } = visuals.sky
        return this.devices.cameras.render({ ...view, background, luminosity })
      },
      prepareLooks: async (nodes) => {
        const missing: Diagnostic[] = []
        const images = await visuals.loadImages(nodes, missing)
        return () => {
          for (const diagnostic of missing) host.diagnostic(diagnostic)
          visuals.use(images)
        }
      },
      prepareTexture: async (url) => {
        const images = await visuals.loadImage(url)
        return () => visuals.use(images)
      },
      change: (remove, add) => this.changeScene(remove, add),
      repaint: (node) => visuals.repaint(node),
      touched: () => host.touched?.(),
      diagnostic: (diagnostic) => host.diagnostic(diagnostic),
    }
  }

  /** Only the physics can refuse, and it comes first. */
  private changeScene(remove: readonly SceneNode[], add: PreparedNodes | undefined): void {
    const { scene, host } = this.options
    const added = add?.roots ?? []
    this.physics.rebuild([...scene.nodes.filter((root) => !remove.includes(root)), ...added])
    const gone = scene.edit({ remove, ...(add ? { add } : {}) })
    this.visuals.remove(remove, gone)
    this.visuals.add(added)
    this.follow(remove, added, gone)
    const fresh = new Set(add?.nodes)
    for (const { node, message } of this.physics.warnings) {
      if (!fresh.has(node)) continue
      host.diagnostic({ severity: 'warning', code: 'SCENE_NOT_SIMULATED', message, location: node.location })
    }
  }

  private resetScene(): void {
    const { scene } = this.options
    const before = [...scene.nodes]
    const gone = scene.reset()
    this.visuals.reset()
    const removed = before.filter((root) => !scene.nodes.includes(root))
    const added = scene.nodes.filter((root) => !before.includes(root))
    if (removed.length > 0 || added.length > 0) this.follow(removed, added, gone)
  }

  /** Robots, viewers and what is kept for them learn of nodes that went and came. */
  private follow(removed: readonly SceneNode[], added: readonly SceneNode[], gone: ReadonlySet<number>): void {
    this.moving.forget(gone)
    this.supervising.fields.forget(gone)
    for (const id of gone) this.visible.delete(id)
    const robotsBefore = this.robots
    const fresh = this.findRobots()
    const robotsChanged = fresh.length > 0 || this.robots.length !== robotsBefore.length
    this.options.host.sceneChanged?.({
      removed: removed.map((root) => ({ id: root.id, inside: idsWithin(root).filter((id) => gone.has(id)) })),
      added,
      ...(robotsChanged ? { robots: this.robotList } : {}),
    })
    if (this.started) for (const entry of fresh) this.startController(entry)
    if (robotsChanged) this.options.host.controllersChanged()
  }

  /** Brings the robots in line with the physics, in document order; returns those that are new. */
  private findRobots(): RobotEntry[] {
    const known = new Map(this.robots.map((entry) => [entry.node, entry]))
    const fresh: RobotEntry[] = []
    const left = new Set(known.keys())
    for (const node of this.physics.robots) left.delete(node)
    for (const node of left) {
      const entry = known.get(node)
      if (entry) this.stopController(entry, 'close')
    }
    this.radio.forget(left)
    this.robots = this.physics.robots.map((node) => {
      const entry = known.get(node) ?? this.robotEntry(node)
      if (!known.has(node)) fresh.push(entry)
      return entry
    })
    return fresh
  }

  private robotEntry(node: SceneNode): RobotEntry {
    return {
      node,
      name: getString(node, 'name'),
      devices: new RobotDevices(node, this.devices),
      synchronised: node.fields.get('synchronization') !== false,
      customData: getString(node, 'customData'),
      controller: 0,
      session: undefined,
      inbox: new WindowInbox(),
    }
  }

  /** What changed since the last frame; everything that can change when `full`. */
  frame(full: boolean): WorldFrame {
    const updates = this.moving.changes(full)
    for (const entry of this.robots) {
      for (const update of entry.devices.updates()) this.show(update, full ? undefined : updates)
    }
    for (const update of this.supervising.fields.updates()) this.show(update, full ? undefined : updates)
    if (full) updates.push(...this.visible.values())
    return { timeMs: this.timeMs, updates }
  }

  private show(update: NodeUpdate, updates: NodeUpdate[] | undefined): void {
    this.visible.set(update.id, { ...this.visible.get(update.id), ...update })
    updates?.push(update)
  }

  // ---- for viewers; the run does not notice --------------------------------------------------------------------

  devicesOf(robot: string): readonly DeviceDescription[] | undefined {
    return this.robotNamed(robot)?.devices.descriptions
  }

  /** `sampled`: also sensors that the controller has not enabled. Undefined when there is no such robot. */
  readingsOf(robot: string, sampled: boolean): readonly DeviceReading[] | undefined {
    return this.robotNamed(robot)?.devices.show(sampled)
  }

  /** What a camera, lidar or range finder sees now. */
  see(robot: string, device: string): Sight | undefined {
    return this.robotNamed(robot)?.devices.see(device)
  }

  /** Lines that pens have drawn since this was asked last. */
  takeStrokes(): readonly InkStroke[] {
    return this.robots.flatMap(({ devices }) => devices.strokes())
  }

  /** What touches what after the last step. */
  contactPoints(most: number): readonly ContactPoint[] {
    return this.physics
      .contacts()
      .slice(0, most)
      .map(({ point, normal, solidA, solidB }) => ({
        point,
        normal,
        bodies: [getString(solidA, 'name'), getString(solidB, 'name')],
      }))
  }

  private robotNamed(robot: string): RobotEntry | undefined {
    return this.robots.find(({ name }) => name === robot)
  }

  /** 16 hexadecimal digits over all positions and velocities; see docs/conventions.md. */
  stateHash(): string {
    return this.physics.stateHash()
  }

  close(): void {
    this.supervising.cancelEdits()
    for (const entry of this.robots) this.stopController(entry, 'close')
    this.physics.dispose()
  }
}

function idsWithin(node: SceneNode): number[] {
  return [node.id, ...childNodes(node).flatMap(idsWithin)]
}
