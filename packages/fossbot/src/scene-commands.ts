import { decodeImage } from '@simyard/devices'
import { reportError } from '@simyard/protocol'
import { getString, type SceneNode } from '@simyard/scene'
import type { Supervisor } from '@simyard/simulation'
import { colorNamed } from './colors.js'
import { type FloorLook, floorsOf, floorText, lookOf } from './floor.js'
import type { FossbotHost } from './host.js'
import { isFossbot, isObstacle } from './model.js'
import { type FossbotMessage, integerOf, numberOf, numberOr, textOf } from './parameters.js'
import type { FossbotRobot } from './robot.js'
import { obstacleText, robotPlace, robotText } from './scenery.js'
import { heightsOf } from './terrain.js'
import { Uploads } from './uploads.js'

export interface SceneCommandsWorld {
  readonly supervisor: Supervisor
  readonly host: FossbotHost
  robots(): readonly FossbotRobot[]
  /** What viewers are shown of the surroundings has changed. */
  changed(): void
}

/** What a scene command may tell its sender, once; commands without an answer leave it. */
export interface SceneAnswer {
  readonly user: string
  reply(data: string): void
  error(text: string): void
}

type Command = (message: FossbotMessage, answer: SceneAnswer) => Promise<void> | undefined

const DEFAULT_INTENSITY = 3
/** From this height of hills on the ground is not level any more (m). */
const NOT_LEVEL = 3
const LARGEST_FACTOR = 100
const DAYLIGHT = 50

/** The functions that change the scene. They are for everybody in the room who may send them, and nobody's robot. */
export class SceneCommands {
  readonly uploads = new Uploads()
  /** Whether yaw is rounded after turns, for robots that are placed from now on. */
  levelGround = true
  /** 0–100. */
  brightness = DAYLIGHT
  private readonly looks = new WeakMap<SceneNode, FloorLook>()
  private madeFiles = 0

  private readonly commands: Readonly<Record<string, Command>> = {
    foss_spawn: (message) => this.spawn(message),
    obs_spawn: (message) => this.obstruct(message),
    change_fossbot: (message) => this.changeRobot(message),
    change_floor: (message) => this.resizeFloor(message),
    change_floor_skin: (message, answer) => this.upload(message, answer, () => this.paintFloor(message, answer)),
    change_floor_terrain: (message, answer) => this.upload(message, answer, () => this.raiseTerrain(message, answer)),
    reset_terrain: (message, answer) => this.flatten(message, answer),
    remove_all_objects: () => this.removeAll(),
    change_brightness: (message) => this.setBrightness(numberOr(message, 'value', DAYLIGHT)),
  }

  constructor(private readonly world: SceneCommandsWorld) {
    this.reset()
  }

  knows(func: string): boolean {
    return Object.hasOwn(this.commands, func)
  }

  /** Resolves when the change is made; undefined when it was made at once. */
  run(func: string, message: FossbotMessage, answer: SceneAnswer): Promise<void> | undefined {
    return this.commands[func]?.(message, answer)
  }

  /** The world is as it was after loading. */
  reset(): void {
    const { scene } = this.world.supervisor
    this.uploads.clear()
    const sky = scene.nodes.find(({ type }) => type === 'Background')
    const luminosity = sky?.fields.get('luminosity')
    this.brightness = DAYLIGHT * (typeof luminosity === 'number' ? luminosity : 1)
    this.levelGround = floorsOf(scene).every((floor) => (lookOf(floor)?.heights ?? []).every((z) => z < NOT_LEVEL))
  }

  setBrightness(value: number): undefined {
    const { scene } = this.world.supervisor
    this.brightness = Math.min(Math.max(value, 0), 100)
    const skies = scene.nodes.filter(({ type }) => type === 'Background')
    for (const sky of skies) this.world.supervisor.setField(sky, 'luminosity', this.brightness / DAYLIGHT)
    if (skies.length === 0) this.note('The world has no Background whose light could be changed.')
    this.world.changed()
  }

  // ---- things -------------------------------------------------------------------------------------------------

  private async spawn(message: FossbotMessage): Promise<void> {
    const name = this.freeName('fossbot')
    await this.world.supervisor.edit({ add: robotText(name, robotPlace(message)) })
    this.world.robots()
  }

  private obstruct(message: FossbotMessage): Promise<void> | undefined {
    const text = obstacleText(message, (name) => this.freeName(name))
    if (text instanceof Error) {
      this.note(`Nothing was spawned: ${text.message}.`)
      return undefined
    }
    return this.edit({ add: text })
  }

  private changeRobot(message: FossbotMessage): undefined {
    const name = textOf(message, 'fossbot_name') ?? 'fossbot'
    const robot = this.world.robots().find((one) => one.name === name)
    if (!robot) return this.note(`change_fossbot: there is no robot ${name} in the scene.`)
    const { pose, color } = robotPlace(message)
    robot.place(pose, this.levelGround)
    if (color) robot.paint(color)
  }

  private removeAll(): Promise<void> | undefined {
    for (const robot of this.world.robots()) robot.motion.end()
    this.uploads.clear()
    this.world.changed()
    const remove = this.movables()
    return remove.length > 0 ? this.edit({ remove }) : undefined
  }

  private movables(): SceneNode[] {
    return this.world.supervisor.scene.nodes.filter((node) => isObstacle(node) || isFossbot(node))
  }

  private freeName(base: string): string {
    const taken = new Set(
      this.world.supervisor.scene.nodes
        .filter(({ type }) => type === 'Solid' || type === 'Robot')
        .map((node) => getString(node, 'name')),
    )
    let name = base
    for (let i = 2; taken.has(name); i++) name = `${base}${i}`
    return name
  }

  // ---- floors -------------------------------------------------------------------------------------------------

  private resizeFloor(message: FossbotMessage): Promise<void> | undefined {
    const floor = this.floor(message)
    if (floor instanceof Error) return this.note(`change_floor: ${floor.message}`)
    const factors = [numberOr(message, 'scale_x', 1), numberOr(message, 'scale_y', 1)] as const
    const [x, y] = [floor.look.scale[0] * factors[0], floor.look.scale[1] * factors[1]]
    if (!(x >= 1 / LARGEST_FACTOR && y >= 1 / LARGEST_FACTOR && x <= LARGEST_FACTOR && y <= LARGEST_FACTOR)) {
      return this.note(`change_floor: a floor is between 1 and 10000 m, and would be ${100 * x} by ${100 * y} m.`)
    }
    return this.replaceFloor(floor.node, { ...floor.look, scale: [x, y] })
  }

  /** A piece is kept; a message without one means that all pieces have been sent. */
  private upload(message: FossbotMessage, answer: SceneAnswer, use: () => Promise<void>): Promise<void> | undefined {
    if (message.image === undefined || message.image === null) return use().finally(() => this.world.changed())
    this.uploads.add(answer.user, message)
    this.world.changed()
    return undefined
  }

  private async paintFloor(message: FossbotMessage, answer: SceneAnswer): Promise<void> {
    const bytes = this.uploads.take(answer.user, message)
    if (bytes instanceof Error) return answer.error(`The picture for the floor is not complete: ${bytes.message}.`)
    const floor = this.floor(message)
    if (floor instanceof Error) return answer.error(floor.message)
    try {
      decodeImage(bytes)
    } catch (error) {
      return answer.error(`The picture for the floor cannot be used: ${reportError(error).message}.`)
    }
    const path = `made/floor-${++this.madeFiles}.${bytes[0] === 0xff ? 'jpg' : 'png'}`
    this.world.host.madeFile(path, bytes)
    const repeat = [numberOr(message, 'scale_y', 1), numberOr(message, 'scale_x', 1)] as const
    const type = textOf(message, 'type')
    await this.replaceFloor(floor.node, {
      ...floor.look,
      textureUrl: `project:/${path}`,
      color: colorNamed(textOf(message, 'color')) ?? [1, 1, 1],
      texture:
        type === 'tripl'
          ? { type: 'tiles', perMetre: repeat }
          : { type: 'picture', repeat: type === 'manual' ? repeat : [1, 1] },
    })
    answer.reply('Image loaded.')
  }

  private async raiseTerrain(message: FossbotMessage, answer: SceneAnswer): Promise<void> {
    const bytes = this.uploads.take(answer.user, message)
    if (bytes instanceof Error) return answer.error(`The picture of the terrain is not complete: ${bytes.message}.`)
    const floor = this.floor(message)
    if (floor instanceof Error) return answer.error(floor.message)
    const intensity = numberOf(message, 'intensity') ?? DEFAULT_INTENSITY
    let heights: readonly number[]
    try {
      heights = heightsOf(decodeImage(bytes), intensity)
    } catch (error) {
      return answer.error(`The picture of the terrain cannot be used: ${reportError(error).message}.`)
    }
    await this.clearAndReplace(floor.node, { ...floor.look, heights })
    this.levelGround = intensity < NOT_LEVEL
    answer.reply('Terrain loaded.')
  }

  private async flatten(message: FossbotMessage, answer: SceneAnswer): Promise<void> {
    const floor = this.floor(message)
    if (floor instanceof Error) return answer.error(floor.message)
    await this.clearAndReplace(floor.node, { ...floor.look, heights: undefined })
    this.levelGround = true
    answer.reply('Terrain Reset.')
  }

  private async clearAndReplace(floor: SceneNode, look: FloorLook): Promise<void> {
    for (const robot of this.world.robots()) robot.motion.end()
    await this.replaceFloor(floor, look, this.movables())
  }

  private async replaceFloor(floor: SceneNode, look: FloorLook, remove: readonly SceneNode[] = []): Promise<void> {
    const [added] = await this.world.supervisor.edit({ remove: [floor, ...remove], add: floorText(look) })
    if (added) this.looks.set(added, look)
  }

  private floor(message: FossbotMessage): { readonly node: SceneNode; readonly look: FloorLook } | Error {
    const floors = floorsOf(this.world.supervisor.scene)
    const index = integerOf(message, 'floor_index') ?? 0
    const node = floors[index]
    if (!node) return new Error(`There is no floor ${index}; this world has ${floors.length}, counted from 0.`)
    const look = this.looks.get(node) ?? lookOf(node)
    if (look) return { node, look }
    return new Error(`Floor ${index} of this world cannot be changed; only floors of the PROTO FOSSBotFloor can.`)
  }

  private async edit(change: Parameters<Supervisor['edit']>[0]): Promise<void> {
    await this.world.supervisor.edit(change)
  }

  private note(line: string): undefined {
    this.world.host.console(line)
  }
}
