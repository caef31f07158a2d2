import { SimyardError } from '@simyard/protocol'
import { pause, type WaitOptions } from './deadline.js'
import { type ConnectOptions, RoomConnection } from './room-connection.js'

export type Direction = 'forward' | 'reverse'
export type Turn = 'left' | 'right'
export type Axis = 'x' | 'y' | 'z'
export type Wheel = 'left' | 'right'
export type FloorSensor = 'middle' | 'right' | 'left'
export type LedColor = 'red' | 'green' | 'blue' | 'white' | 'yellow' | 'cyan' | 'violet' | 'off'

export interface RobotOptions extends ConnectOptions {
  /** Its name in the scene. */
  readonly robot?: string
  /** Per cent of what the motors can. */
  readonly leftSpeed?: number
  readonly rightSpeed?: number
  readonly leftMotor?: string
  readonly rightMotor?: string
}

/** Wall-clock time that a movement may take. */
const MOVE_MS = 120_000
/** A path is watched this often; the original asks without a pause. */
const WATCH_MS = 20
const floorSensors: Readonly<Record<FloorSensor, number>> = { middle: 1, right: 2, left: 3 }

const isNumber = (data: unknown) => typeof data === 'number'
const isTruth = (data: unknown) => typeof data === 'boolean'
/** The simulator's word for the end of a turn. */
const isTurned = (data: unknown) => typeof data === 'string' && data.startsWith('Final rot pos')

/** One robot that this program drives. Distances are in units of the scene, angles in degrees, times in seconds. */
export class Robot {
  private moving: AbortController | undefined

  private constructor(
    readonly connection: RoomConnection,
    readonly name: string,
    private readonly options: RobotOptions,
  ) {}

  static async connect(options: RobotOptions): Promise<Robot> {
    const name = options.robot ?? 'fossbot'
    const connection = await RoomConnection.open(options, { fossbot_name: name, func: 'connect' })
    return new Robot(connection, name, options)
  }

  // ---- movement -------------------------------------------------------------------------------------------------

  /** Drives for half a second; call it again and again to go on. */
  justMove(direction: Direction = 'forward'): void {
    this.interrupt('just_move')
    this.post('just_move', { ...this.speeds, direction: checkDirection(direction) })
  }

  /** Turns for half a second; call it again and again to go on. */
  justRotate(turn: Turn): void {
    this.interrupt('just_rotate')
    this.post('just_rotate', { ...this.speeds, dir_id: turnId(turn) })
  }

  /** Resolves when the robot has gone so far. Who cancels, or waits too long, stops it. */
  async moveDistance(distance: number, options: WaitOptions & { readonly direction?: Direction } = {}): Promise<void> {
    const direction = checkDirection(options.direction ?? 'forward')
    if (!(distance >= 0)) throw new RangeError(`A distance is 0 or more, and not ${distance}; use the direction.`)
    if (distance === 0) return
    await this.move('move_distance', options, async (signal) => {
      this.post('move_distance', { ...this.speeds, tar_dist: distance, direction })
      for (;;) {
        // In hundredths, as the original library compares.
        if (Math.round((await this.motorDistance('right', { signal })) * 100) / 100 >= distance) break
        await pause(WATCH_MS, signal)
      }
      this.post('stop')
    })
  }

  /** Resolves when the robot has turned; positive is to the left, counter-clockwise from above. */
  async rotate(degrees: number, options: WaitOptions = {}): Promise<void> {
    if (degrees === 0) return
    await this.move('rotate_90', options, async (signal) => {
      const parameters = { ...this.speeds, degree: Math.abs(degrees), dir_id: turnId(degrees > 0 ? 'left' : 'right') }
      const timeoutMs = options.timeoutMs ?? MOVE_MS
      await this.ask('rotate_90', parameters, { signal, timeoutMs, accepts: isTurned })
    })
  }

  /** One motor by itself, until `stop`. */
  setMotor(wheel: Wheel, percent: number, direction: Direction = 'forward'): void {
    this.interrupt('move_motor')
    const parameters = { motor_name: this.motorName(wheel), motor_vel: percent, direction: checkDirection(direction) }
    this.post('move_motor', parameters)
  }

  stop(): void {
    this.interrupt('stop')
    this.post('stop')
  }

  /** `stop`, and forward is the direction again. */
  resetDirection(): void {
    this.interrupt('reset_dir')
    this.post('reset_dir')
  }

  // ---- sensors --------------------------------------------------------------------------------------------------

  /** To what is in front; 10000 when nothing is. */
  async distance(options?: WaitOptions): Promise<number> {
    return this.number('get_distance', {}, options)
  }

  /** 0 is black and 1 white; the number is that of the original, 1 middle, 2 right, 3 left. */
  async floorSensor(sensor: FloorSensor | 1 | 2 | 3, options?: WaitOptions): Promise<number> {
    const sensor_id = typeof sensor === 'number' ? sensor : floorSensors[sensor]
    return this.number('get_floor_sensor', { sensor_id }, options)
  }

  /** Whether a floor sensor sees something darker than the share, 0 to 1. */
  async onLine(sensor: FloorSensor | 1 | 2 | 3, darkerThan = 0.5, options?: WaitOptions): Promise<boolean> {
    return (await this.floorSensor(sensor, options)) <= darkerThan
  }

  /** 0 to 1024. */
  async lightSensor(options?: WaitOptions): Promise<number> {
    return this.number('get_light_sensor', {}, options)
  }

  async noiseDetected(options?: WaitOptions): Promise<boolean> {
    return (await this.ask('get_noise_detection', {}, { ...options, accepts: isTruth })) as boolean
  }

  /** In units/s², along an axis of the world, without gravity. */
  async acceleration(axis: Axis, options?: WaitOptions): Promise<number> {
    return this.number('get_acceleration', { axis }, options)
  }

  /** In rad/s², about an axis of the world: the original measures the change of the rate. */
  async gyroscope(axis: Axis, options?: WaitOptions): Promise<number> {
    return this.number('get_gyroscope', { axis }, options)
  }

  /** Path of a wheel since the last `stop`. */
  async motorDistance(wheel: Wheel, options?: WaitOptions): Promise<number> {
    return this.number('dist_travelled', { motor_name: this.motorName(wheel) }, options)
  }

  /** Of the encoder, 20 for each revolution. */
  async steps(wheel: Wheel, options?: WaitOptions): Promise<number> {
    return this.number('get_steps', { motor_name: this.motorName(wheel) }, options)
  }

  async revolutions(wheel: Wheel, options?: WaitOptions): Promise<number> {
    return this.number('get_revolutions', { motor_name: this.motorName(wheel) }, options)
  }

  resetSteps(): void {
    this.post('reset_steps')
  }

  // ---- the rest -------------------------------------------------------------------------------------------------

  startTimer(): void {
    this.post('start_timer')
  }

  stopTimer(): void {
    this.post('stop_timer')
  }

  /** Of the simulator's timer, in seconds. */
  async elapsed(options?: WaitOptions): Promise<number> {
    return this.number('get_elapsed', {}, options)
  }

  setLed(color: LedColor): void {
    this.post('rgb_set_color', { color: color === 'off' ? 'closed' : color })
  }

  /** By the path that the simulator knows, such as `res://soundfx/startup.mp3`. */
  playSound(path: string): void {
    this.post('play_sound', { sound_path: path })
  }

  /** Any function of the simulator that is not answered. */
  post(func: string, parameters: Readonly<Record<string, unknown>> = {}): void {
    this.connection.post({ func, ...parameters, fossbot_name: this.name })
  }

  /** Any function of the simulator that is answered. */
  ask(
    func: string,
    parameters: Readonly<Record<string, unknown>> = {},
    options: WaitOptions & { readonly accepts?: (data: unknown) => boolean } = {},
  ): Promise<unknown> {
    return this.connection.ask({ func, ...parameters, fossbot_name: this.name }, options)
  }

  /** Frees the robot and leaves the room. */
  close(): void {
    if (!this.connection.ended) this.post('exit')
    this.connection.close()
  }

  // ---- details --------------------------------------------------------------------------------------------------

  private get speeds() {
    return { vel_left: this.options.leftSpeed ?? 100, vel_right: this.options.rightSpeed ?? 100 }
  }

  private motorName(wheel: Wheel): string {
    return wheel === 'left' ? (this.options.leftMotor ?? 'left_motor') : (this.options.rightMotor ?? 'right_motor')
  }

  private async number(func: string, parameters: Readonly<Record<string, unknown>>, options: WaitOptions = {}) {
    // Casts: the original's answer to an unknown axis is the text 0.
    return Number(await this.ask(func, parameters, { ...options, accepts: isNumber }))
  }

  /** One movement at a time: the next one ends it. Who is cancelled by hand or by time stops the robot. */
  private async move(func: string, options: WaitOptions, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    options.signal?.throwIfAborted()
    this.interrupt(func)
    const own = new AbortController()
    this.moving = own
    const timeoutMs = options.timeoutMs ?? MOVE_MS
    const timer = setTimeout(() => {
      const message = `${func} was not done within ${timeoutMs / 1000} s; the robot was stopped. Is something in its way?`
      own.abort(new SimyardError('ANSWER_TIMEOUT', message))
    }, timeoutMs)
    const onAbort = () => own.abort(options.signal?.reason)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await run(own.signal)
    } catch (error) {
      // By another movement, which goes on, or by nobody any more: then there is nothing to stop.
      if (this.moving === own && !this.connection.ended) this.post('stop')
      throw error
    } finally {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      if (this.moving === own) this.moving = undefined
    }
  }

  private interrupt(by: string): void {
    const { moving } = this
    this.moving = undefined
    moving?.abort(new SimyardError('MOVE_CANCELLED', `The movement was ended by ${by}.`))
  }
}

function checkDirection(direction: Direction): Direction {
  if (direction !== 'forward' && direction !== 'reverse') {
    throw new RangeError(`A direction is forward or reverse, and not ${String(direction)}.`)
  }
  return direction
}

/** As in the original: 0 is counter-clockwise. */
function turnId(turn: Turn): 0 | 1 {
  return turn === 'left' ? 0 : 1
}
