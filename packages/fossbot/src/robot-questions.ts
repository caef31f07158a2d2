import type { Supervisor } from '@simyard/simulation'
import { floorBrightness, lightAhead } from './brightness.js'
import { type FossbotMessage, integerOf, numberOr, textOf } from './parameters.js'
import type { FossbotRobot } from './robot.js'
import { sideOf } from './robot-commands.js'
import { NOTHING_IN_RANGE, ultrasonicDistance } from './ultrasonic.js'

export interface Asked {
  readonly robot: FossbotRobot
  readonly supervisor: Supervisor
  readonly noise: boolean
  readonly timerSeconds: number
}

/** The data of the answer. There is one for every question, also for those that make no sense. */
type Question = (asked: Asked, message: FossbotMessage) => number | boolean | string

const LIGHT_RANGE = 1024
const DARK_BELOW = 700
const LINE_BELOW = 50

/** Questions to a robot; none disturbs its motion. */
export const robotQuestions: Readonly<Record<string, Question>> = {
  dist_travelled: ({ robot }, message) => {
    const side = sideOf(textOf(message, 'motor_name'))
    return side ? robot.motion.distance(side) : 0
  },
  get_steps: ({ robot }, message) => {
    const side = sideOf(textOf(message, 'motor_name'))
    return side ? robot.motion.odometer.steps(side) : 0
  },
  get_revolutions: ({ robot }, message) => {
    const side = sideOf(textOf(message, 'motor_name'))
    return side ? robot.motion.odometer.revolutions(side) : 0
  },
  deg_rotated: ({ robot }) => robot.motion.degreesTurned,
  get_distance: ({ robot, supervisor }) => ultrasonicDistance(supervisor, robot.node),
  check_for_obstacle: ({ robot, supervisor }) => ultrasonicDistance(supervisor, robot.node) < NOTHING_IN_RANGE,
  get_floor_sensor: (asked, message) => floorSensor(asked, message) ?? 0,
  check_on_line: (asked, message) => {
    const reading = floorSensor(asked, message)
    return reading !== undefined && reading <= numberOr(message, 'dark_value', LINE_BELOW) / 100
  },
  get_light_sensor: (asked) => lightSensor(asked),
  check_for_dark: (asked, message) => lightSensor(asked) < numberOr(message, 'light_val', DARK_BELOW),
  get_noise_detection: ({ noise }) => noise,
  get_elapsed: ({ timerSeconds }) => timerSeconds,
  get_acceleration: ({ robot }, message) => along(message, (axis) => robot.inertia.worldAcceleration(axis)),
  get_gyroscope: ({ robot }, message) => along(message, (axis) => robot.inertia.worldAngularAcceleration(axis)),
  get_linear_acceleration: ({ robot }, message) => along(message, (axis) => robot.inertia.properAcceleration(axis)),
  get_angular_velocity: ({ robot }, message) => along(message, (axis) => robot.inertia.angularVelocity(axis)),
}

function floorSensor({ robot, supervisor }: Asked, message: FossbotMessage): number | undefined {
  const camera = robot.parts.floorSensors[integerOf(message, 'sensor_id') ?? 0]
  return camera && floorBrightness(supervisor, camera)
}

function lightSensor({ robot, supervisor }: Asked): number {
  return LIGHT_RANGE * lightAhead(supervisor, robot.parts.lightSensor)
}

/** The original answers a text when there is no such axis. */
function along(message: FossbotMessage, read: (axis: number) => number): number | string {
  const axis = ['x', 'y', 'z'].indexOf(textOf(message, 'axis') ?? '')
  return axis < 0 ? '0' : read(axis)
}
