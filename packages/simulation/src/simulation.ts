import { type DeviceWorld, Radio, Random, Rasterizer, VisualWorld } from '@simyard/devices'
import { createPhysicsWorld, type EngineOptions, type PhysicsWorld } from '@simyard/physics'
import type { ContactPoint, Diagnostic, NodeUpdate, WorldFrame } from '@simyard/protocol'
import {
  childNodes,
  getNumber,
  getString,
  getStrings,
  type PreparedNodes,
  type Scene,
  type SceneNode,
} from '@simyard/scene'
import { InputLog } from './input-log.js'
import { MovingNodes } from './moving-nodes.js'
import { Robots, type RobotWorld } from './robots.js'
import type { SimulationHost } from './simulation-host.js'
import type { Supervisor } from './supervisor.js'
import { WorldSupervisor } from './world-supervisor.js'

export interface SimulationOptions {
  readonly scene: Scene
  readonly host: SimulationHost
  /** Of the sensors' noise. The same world, seed and inputs make the same run. */
  readonly seed: number
  readonly engine?: EngineOptions
}

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
  readonly robots: Robots
  private readonly moving: MovingNodes
  /** Visible changes beside poses (lights), newest value of each node; for full frames. */
  private readonly visible = new Map<number, NodeUpdate>()
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
    this.robots = new Robots(this.robotWorld())
    this.robots.follow()
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

  /** Advances by one basic step. The caller has seen that nobody is awaited. */
  step(): void {
    this.robots.answerDue()
    this.robots.beforeStep()
    this.supervising.beforeStep(this.basicTimeStepMs)
    this.physics.step(this.basicTimeStepMs)
    this.timeMs += this.basicTimeStepMs
    this.radio.deliver()
    this.robots.afterStep()
    this.supervising.afterStep(this.basicTimeStepMs)
    this.robots.answerDue()
  }

  /** Back to the state after loading; controllers start anew. */
  reset(): void {
    this.supervising.cancelEdits()
    this.robots.stop()
    this.supervising.fields.reset()
    this.physics.reset()
    this.resetScene()
    this.radio.reset()
    this.random.reset()
    this.robots.resetDevices()
    this.timeMs = 0
    this.inputLog.clear()
    this.inputLog.add({ timeMs: 0, type: 'load', world: this.options.scene.url, seed: this.options.seed })
    this.supervising.reset()
    this.robots.startControllers()
  }

  private robotWorld(): RobotWorld {
    const { devices, inputLog, basicTimeStepMs, options } = this
    const timeMs = () => this.timeMs
    return {
      devices,
      host: options.host,
      inputLog,
      basicTimeStepMs,
      get timeMs() {
        return timeMs()
      },
    }
  }

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
    const robots = this.robots.follow()
    this.options.host.sceneChanged?.({
      removed: removed.map((root) => ({ id: root.id, inside: idsWithin(root).filter((id) => gone.has(id)) })),
      added,
      ...(robots.changed ? { robots: this.robots.list } : {}),
    })
    robots.startNew()
  }

  /** What changed since the last frame; everything that can change when `full`. */
  frame(full: boolean): WorldFrame {
    const updates = this.moving.changes(full)
    for (const update of this.robots.updates()) this.show(update, full ? undefined : updates)
    for (const update of this.supervising.fields.updates()) this.show(update, full ? undefined : updates)
    if (full) updates.push(...this.visible.values())
    return { timeMs: this.timeMs, updates }
  }

  private show(update: NodeUpdate, updates: NodeUpdate[] | undefined): void {
    this.visible.set(update.id, { ...this.visible.get(update.id), ...update })
    updates?.push(update)
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

  /** 16 hexadecimal digits over all positions and velocities; see docs/conventions.md. */
  stateHash(): string {
    return this.physics.stateHash()
  }

  close(): void {
    this.supervising.cancelEdits()
    this.robots.close()
    this.physics.dispose()
  }
}

function idsWithin(node: SceneNode): number[] {
  return [node.id, ...childNodes(node).flatMap(idsWithin)]
}
