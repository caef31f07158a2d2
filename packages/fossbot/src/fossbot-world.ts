import { fossbotText, reportError } from '@simyard/protocol'
import { getString, type SceneNode } from '@simyard/scene'
import type { Supervisor } from '@simyard/simulation'
import { lightNamed } from './colors.js'
import type { FossbotHost } from './host.js'
import { isFossbot, partsOf } from './model.js'
import { type FossbotMessage, textOf } from './parameters.js'
import { FossbotRobot } from './robot.js'
import { robotCommands } from './robot-commands.js'
import { robotQuestions } from './robot-questions.js'
import { type SceneAnswer, SceneCommands } from './scene-commands.js'
import { Timer } from './timer.js'

export interface FossbotOptions {
  readonly compatibility?: {
    /**
     * Answer `reset_dir` with "forward", as the original does. Its libraries do not wait for that answer and take it for
     * the one to their next question.
     */
    readonly replyToResetDir?: boolean
  }
}

const SOUNDS = new Set([
  'empodio',
  'euxaristw',
  'geia',
  'kalhmera',
  'machine_gun',
  'mpravo',
  'proccesing',
  'r2d2',
  'startup',
])
/** Robots of the world itself come back from this much higher (m). */
const RETURN_HEIGHT = 0.5
const TIMER_SHOWN_EVERY_MS = 1000

/**
 * FOSSBot's functions on a running world. Messages are carried out in their order; what comes while the scene is being
 * changed waits for the change.
 */
export class FossbotWorld {
  private readonly waiting: FossbotMessage[] = []
  private changing = false
  private noise = false
  private shownAt = 0
  private readonly timer = new Timer()
  private known = new Map<SceneNode, FossbotRobot | undefined>()
  private readonly scene: SceneCommands

  constructor(
    private readonly supervisor: Supervisor,
    private readonly host: FossbotHost,
    private readonly options: FossbotOptions = {},
  ) {
    this.scene = new SceneCommands({
      supervisor,
      host,
      robots: () => this.robots(),
      changed: () => this.showSurroundings(),
    })
    this.robots(RETURN_HEIGHT)
    supervisor.listen({
      beforeStep: (ms) => {
        for (const robot of this.robots()) robot.beforeStep(ms / 1000)
      },
      afterStep: (ms) => this.afterStep(ms),
      reset: () => this.reset(),
    })
  }

  /** A `clientMessage` with the `user_id` that the relay gave it. Never throws. */
  receive(message: FossbotMessage): void {
    this.waiting.push(message)
    this.carryOn()
  }

  /** What people do beside the picture: noise that robots hear, brightness 0–100. */
  control({ noise, brightness }: { readonly noise?: boolean; readonly brightness?: number }): void {
    if (noise !== undefined) this.noise = noise
    if (brightness !== undefined && Number.isFinite(brightness)) this.scene.setBrightness(brightness)
    else this.showSurroundings()
  }

  /** Nobody who drove before can be heard of again: the relay has started anew. All robots stop and are free. */
  freeRobots(): void {
    for (const robot of this.robots()) robot.free()
  }

  // ---- order --------------------------------------------------------------------------------------------------

  private carryOn(): void {
    while (!this.changing) {
      const message = this.waiting.shift()
      if (!message) return
      const change = this.attempt(message)
      if (!change) continue
      this.changing = true
      void change.finally(() => {
        this.changing = false
        this.carryOn()
      })
    }
  }

  /** A failure is told to who waits for an answer, else to who reads the console. */
  private attempt(message: FossbotMessage): Promise<void> | undefined {
    const user = textOf(message, 'user_id')
    const func = textOf(message, 'func')
    if (user === undefined || func === undefined) return undefined
    let answered = false
    const once =
      <T>(send: (value: T) => void) =>
      (value: T): void => {
        if (answered) return
        answered = true
        send(value)
      }
    const answer: SceneAnswer = {
      user,
      reply: once((data: string) => this.host.reply({ data, user_id: user })),
      error: once((data: string) => this.host.error({ data, user_id: user })),
    }
    const failed = (error: unknown): void => {
      const text = `${func} failed: ${reportError(error).message}`
      this.host.console(text)
      if (this.awaitsAnswer(func, message)) answer.error(text)
    }
    try {
      return this.dispatch(func, message, answer)?.catch(failed)
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  private awaitsAnswer(func: string, message: FossbotMessage): boolean {
    if (func === 'reset_terrain') return true
    if (func === 'change_floor_skin' || func === 'change_floor_terrain') return message.image === undefined
    return Object.hasOwn(robotQuestions, func) || func.endsWith('_90')
  }

  // ---- who may what -------------------------------------------------------------------------------------------

  private dispatch(func: string, message: FossbotMessage, answer: SceneAnswer): Promise<void> | undefined {
    if (func === 'exit') return this.leave(answer.user, textOf(message, 'fossbot_name'))
    if (func === 'exit_env') {
      this.scene.uploads.forget(answer.user)
      this.showSurroundings()
      return undefined
    }
    if (func === 'connect_env') return undefined
    if (this.scene.knows(func)) return this.scene.run(func, message, answer)
    const name = textOf(message, 'fossbot_name')
    if (name !== undefined) this.command(func, message, answer.user, name)
    return undefined
  }

  /** Without a name: every robot of that user. Comes once or more, in any order. */
  private leave(user: string, name: string | undefined): undefined {
    for (const robot of this.robots()) {
      if (robot.owner === user && (name === undefined || robot.name === name)) robot.free()
    }
  }

  private command(func: string, message: FossbotMessage, user: string, name: string): void {
    const fail = (data: string): void => this.host.error({ data, fossbot_name: name, user_id: user })
    const robot = this.robots().find((one) => one.name === name)
    if (!robot) return fail(this.unknown(name))
    robot.owner ??= user
    if (robot.owner !== user) return fail(fossbotText.robotTaken(name))
    if (func === 'connect') return
    const reply = (data: unknown): void => this.host.reply({ data, fossbot_name: name, user_id: user })
    if (Object.hasOwn(robotQuestions, func)) {
      const { supervisor, noise, timer } = this
      const asked = { robot, supervisor, noise, timerSeconds: timer.seconds(supervisor.timeMs) }
      return reply(robotQuestions[func]?.(asked, message))
    }
    if (Object.hasOwn(robotCommands, func)) {
      const problem = robotCommands[func]?.(robot, message, reply)
      if (problem !== undefined) this.host.console(`${func}: ${problem}.`, name)
      if (func === 'reset_dir' && this.options.compatibility?.replyToResetDir) reply('forward')
      return
    }
    this.output(func, message, robot)
  }

  private unknown(name: string): string {
    const other = this.supervisor.scene.nodes.find((node) => node.type === 'Robot' && getString(node, 'name') === name)
    if (!other) return fossbotText.unknownRobot(name)
    return `${name} is no FOSSBot: only robots of the PROTO FOSSBot take these commands.`
  }

  private output(func: string, message: FossbotMessage, robot: FossbotRobot): void {
    switch (func) {
      case 'rgb_set_color': {
        const word = textOf(message, 'color')
        const color = lightNamed(word)
        if (color) robot.shine(color)
        else this.host.console(`rgb_set_color: the light cannot be ${word}.`, robot.name)
        return
      }
      case 'play_sound': {
        const path = textOf(message, 'sound_path') ?? ''
        const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')
        if (SOUNDS.has(name)) this.host.sound(robot.name, name)
        else this.host.console(`play_sound: there is no sound "${path}".`, robot.name)
        return
      }
      case 'start_timer':
        this.timer.start(this.supervisor.timeMs)
        return this.showSurroundings()
      case 'stop_timer':
        this.timer.stop(this.supervisor.timeMs)
        return this.showSurroundings()
      case 'reset_steps':
        return robot.motion.odometer.zero()
      case 'count_revolutions':
        return robot.motion.odometer.count(textOf(message, 'motor_name') === 'left_motor' ? 'left' : 'right')
      case 'restart_all':
        return this.host.restart()
      default:
        this.host.console(`There is no function ${func}; nothing was done.`, robot.name)
    }
  }

  // ---- time ---------------------------------------------------------------------------------------------------

  private afterStep(ms: number): void {
    for (const robot of this.robots()) robot.afterStep(ms / 1000)
    if (this.timer.running && this.supervisor.timeMs - this.shownAt >= TIMER_SHOWN_EVERY_MS) this.showSurroundings()
  }

  private reset(): void {
    for (const robot of this.known.values()) robot?.motion.end()
    this.known = new Map()
    this.timer.reset()
    this.scene.reset()
    this.robots(RETURN_HEIGHT)
    this.showSurroundings()
  }

  private showSurroundings(): void {
    const { timeMs } = this.supervisor
    this.shownAt = timeMs
    const upload = this.scene.uploads.progress
    this.host.surroundings({
      noise: this.noise,
      brightness: this.scene.brightness,
      timer: { running: this.timer.running, seconds: this.timer.seconds(timeMs) },
      ...(upload ? { upload } : {}),
    })
  }

  /** The robots that are in the scene now, whoever put them there. */
  private robots(returnHeight = 0): readonly FossbotRobot[] {
    const { supervisor } = this
    const now = supervisor.scene.nodes.filter(isFossbot)
    if (now.length !== this.known.size || now.some((node) => !this.known.has(node))) {
      this.known = new Map(now.map((node) => [node, this.known.get(node) ?? this.robotOf(node, returnHeight)]))
    }
    return [...this.known.values()].filter((robot) => robot !== undefined)
  }

  private robotOf(node: SceneNode, returnHeight: number): FossbotRobot | undefined {
    const parts = partsOf(node)
    const pose = this.supervisor.physics.worldPose(node.id)
    if (!parts || !pose) return undefined
    const [x, y, z] = pose.translation
    const start = { ...pose, translation: [x, y, z + returnHeight] as const }
    const world = { supervisor: this.supervisor, nowMs: () => this.host.nowMs() }
    return new FossbotRobot(world, node, parts, start, this.scene.levelGround)
  }
}
