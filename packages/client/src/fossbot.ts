import { pause } from './deadline.js'
import { type Axis, type Direction, Robot, type RobotOptions } from './robot.js'

/** As in the original library: what is missing, 0 or empty takes its default. */
export interface FossBotArguments extends Partial<Omit<RobotOptions, 'address' | 'room' | 'robot'>> {
  readonly fossbot_name?: string
  readonly server_address?: string
  readonly motor_left_speed?: number
  readonly motor_right_speed?: number
  readonly default_step?: number
  /** Degrees of a quarter turn. */
  readonly rotate_90?: number
  readonly light_sensor?: number
  readonly line_sensor_center?: number
  readonly line_sensor_right?: number
  readonly line_sensor_left?: number
  readonly sensor_distance?: number
  readonly left_motor_name?: string
  readonly right_motor_name?: string
}

const ANSWER_MS = 30_000
/** The original gives its last words this much time. */
const EXIT_MS = 100
const axes: readonly unknown[] = ['x', 'y', 'z']
const colors: readonly unknown[] = ['red', 'green', 'blue', 'white', 'yellow', 'cyan', 'violet', 'closed']

/**
 * A robot with the method names, defaults and units of FOSSBot's JavaScript library. It connects by itself: what is
 * called before that waits. A call that fails rejects and says why, where the original logs or waits for ever.
 */
export class FossBot {
  /** The robot with good names. */
  readonly robot: Promise<Robot>
  private readonly settings: Required<
    Pick<
      FossBotArguments,
      | 'default_step'
      | 'rotate_90'
      | 'light_sensor'
      | 'line_sensor_center'
      | 'line_sensor_right'
      | 'line_sensor_left'
      | 'sensor_distance'
    >
  >

  constructor(sessionId: string, given: FossBotArguments = {}) {
    this.settings = {
      default_step: given.default_step || 15,
      rotate_90: given.rotate_90 || 90,
      light_sensor: given.light_sensor || 700,
      line_sensor_center: given.line_sensor_center || 50,
      line_sensor_right: given.line_sensor_right || 50,
      line_sensor_left: given.line_sensor_left || 50,
      sensor_distance: given.sensor_distance || 15,
    }
    this.robot = Robot.connect({
      timeoutMs: ANSWER_MS,
      // What nobody waits for would else be lost without a word.
      onError: (error) => console.error(`FossBot: ${error.message}`),
      ...given,
      address: given.server_address || 'http://localhost:8000',
      room: sessionId,
      robot: given.fossbot_name || 'fossbot',
      leftSpeed: given.motor_left_speed || 100,
      rightSpeed: given.motor_right_speed || 100,
      leftMotor: given.left_motor_name || 'left_motor',
      rightMotor: given.right_motor_name || 'right_motor',
    })
    // Whoever calls a method is told; a program that calls none yet must not end for it.
    this.robot.catch((error: Error) => console.error(`FossBot: ${error.message}`))
  }

  // ---- movement -------------------------------------------------------------------------------------------------

  just_move(direction: Direction = 'forward'): void {
    this.command((robot) => robot.justMove(direction))
  }

  async move_distance(distance: number, direction: Direction = 'forward'): Promise<void> {
    await (await this.robot).moveDistance(distance, { direction })
  }

  move_forward_distance(distance: number): Promise<void> {
    return this.move_distance(distance, 'forward')
  }

  move_reverse_distance(distance: number): Promise<void> {
    return this.move_distance(distance, 'reverse')
  }

  move_forward_default(): Promise<void> {
    return this.move_distance(this.settings.default_step, 'forward')
  }

  move_reverse_default(): Promise<void> {
    return this.move_distance(this.settings.default_step, 'reverse')
  }

  move_forward(): void {
    this.just_move('forward')
  }

  move_reverse(): void {
    this.just_move('reverse')
  }

  reset_dir(): void {
    this.command((robot) => robot.resetDirection())
  }

  stop(): void {
    this.command((robot) => robot.stop())
  }

  /** Seconds. */
  async wait(seconds: number): Promise<void> {
    await pause(seconds * 1000)
  }

  /** 0 is counter-clockwise, 1 clockwise. */
  just_rotate(direction: 0 | 1): void {
    const turn = turnOf(direction)
    this.command((robot) => robot.justRotate(turn))
  }

  async rotate_90(direction: 0 | 1): Promise<void> {
    const { rotate_90: degrees } = this.settings
    await (await this.robot).rotate(turnOf(direction) === 'left' ? degrees : -degrees)
  }

  rotate_clockwise(): void {
    this.just_rotate(1)
  }

  rotate_counterclockwise(): void {
    this.just_rotate(0)
  }

  rotate_clockwise_90(): Promise<void> {
    return this.rotate_90(1)
  }

  rotate_counterclockwise_90(): Promise<void> {
    return this.rotate_90(0)
  }

  // ---- sensors --------------------------------------------------------------------------------------------------

  async get_distance(): Promise<number> {
    return (await this.robot).distance()
  }

  async check_for_obstacle(): Promise<boolean> {
    return (await this.get_distance()) <= this.settings.sensor_distance
  }

  /** 1 middle, 2 right, 3 left; others are 0. */
  async get_floor_sensor(sensor_id: number): Promise<number> {
    if (sensor_id !== 1 && sensor_id !== 2 && sensor_id !== 3) {
      console.log(`Sensor id ${sensor_id} is out of bounds.`)
      return 0
    }
    return (await this.robot).floorSensor(sensor_id)
  }

  async check_on_line(sensor_id: number): Promise<boolean> {
    const { line_sensor_center, line_sensor_right, line_sensor_left } = this.settings
    const threshold = [line_sensor_center, line_sensor_right, line_sensor_left][sensor_id - 1]
    if (threshold === undefined) {
      console.log(`Sensor id ${sensor_id} is out of bounds.`)
      return false
    }
    return (await this.get_floor_sensor(sensor_id)) <= threshold / 100
  }

  async get_acceleration(axis: Axis): Promise<number> {
    return axes.includes(axis) ? (await this.robot).acceleration(axis) : 0
  }

  async get_gyroscope(axis: Axis): Promise<number> {
    return axes.includes(axis) ? (await this.robot).gyroscope(axis) : 0
  }

  async get_light_sensor(): Promise<number> {
    return (await this.robot).lightSensor()
  }

  async check_for_dark(): Promise<boolean> {
    return (await this.get_light_sensor()) < this.settings.light_sensor
  }

  async get_noise_detection(): Promise<boolean> {
    return (await this.robot).noiseDetected()
  }

  // ---- the rest -------------------------------------------------------------------------------------------------

  play_sound(audio_path: string): void {
    this.command((robot) => robot.playSound(audio_path))
  }

  rgb_set_color(color: 'red' | 'green' | 'blue' | 'white' | 'yellow' | 'cyan' | 'violet' | 'closed'): void {
    if (!colors.includes(color)) throw new RangeError(`A color is one of ${colors.join(', ')}, and not ${color}.`)
    this.command((robot) => robot.post('rgb_set_color', { color }))
  }

  start_timer(): void {
    this.command((robot) => robot.startTimer())
  }

  stop_timer(): void {
    this.command((robot) => robot.stopTimer())
  }

  /** Whole seconds. */
  async get_elapsed(): Promise<number> {
    return Math.trunc(await (await this.robot).elapsed())
  }

  async exit(): Promise<void> {
    await pause(EXIT_MS)
    const robot = await this.robot.catch(() => undefined)
    robot?.close()
  }

  /** In order with everything else; a failure before the connection is up was told already. */
  private command(run: (robot: Robot) => void): void {
    this.robot.then(run).catch((error: Error) => console.error(`FossBot: ${error.message}`))
  }
}

function turnOf(direction: number): 'left' | 'right' {
  if (direction === 0) return 'left'
  if (direction === 1) return 'right'
  throw new RangeError(`A rotation is 0 (counter-clockwise) or 1 (clockwise), and not ${direction}.`)
}
