import type { Wheels } from './drive.js'
import { type FossbotMessage, integerOf, numberOf, numberOr, textOf } from './parameters.js'
import type { FossbotRobot } from './robot.js'

/** Carries out a command that moves a robot; why not, when it does not. */
type Command = (robot: FossbotRobot, message: FossbotMessage, reply: (data: unknown) => void) => string | undefined

const DEFAULT_DISTANCE = 15
const MAX_PERCENT = 1000

/** Commands that move a robot. All but `reset_dir` and turns are without an answer. */
export const robotCommands: Readonly<Record<string, Command>> = {
  just_move: (robot, message) => {
    const sense = senseOf(textOf(message, 'direction'))
    if (!sense) return 'direction is "forward" or "reverse"'
    if (!robot.motion.hold('just_move')) robot.motion.startHeld('just_move', straight(message, sense))
    return undefined
  },
  just_rotate: (robot, message) => {
    const sense = turnSense(message)
    if (!sense) return 'dir_id is 0 (counter-clockwise) or 1 (clockwise)'
    if (!robot.motion.hold('just_rotate')) robot.motion.startHeld('just_rotate', turning(message, sense))
    return undefined
  },
  move_distance: (robot, message) => {
    const sense = senseOf(textOf(message, 'direction'))
    if (!sense) return 'direction is "forward" or "reverse"'
    return travel(robot, message, sense, numberOf(message, 'tar_dist'))
  },
  move_forward_distance: (robot, message) => travel(robot, message, 1, numberOf(message, 'tar_dist')),
  move_reverse_distance: (robot, message) => travel(robot, message, -1, numberOf(message, 'tar_dist')),
  move_forward_default: (robot, message) => travel(robot, message, 1, numberOr(message, 'def_dist', DEFAULT_DISTANCE)),
  move_reverse_default: (robot, message) => travel(robot, message, -1, numberOr(message, 'def_dist', DEFAULT_DISTANCE)),
  rotate_90: (robot, message, reply) => turn(robot, message, turnSense(message), reply),
  rotate_clockwise_90: (robot, message, reply) => turn(robot, message, -1, reply),
  rotate_counterclockwise_90: (robot, message, reply) => turn(robot, message, 1, reply),
  move_motor: (robot, message) => {
    const side = sideOf(textOf(message, 'motor_name'))
    const sense = senseOf(textOf(message, 'direction'))
    if (!side) return 'motor_name is "left_motor" or "right_motor"'
    if (!sense) return 'direction is "forward" or "reverse"'
    robot.motion.setWheel(side, sense * percentOf(message, 'motor_vel'))
    return undefined
  },
  stop: (robot) => halt(robot),
  wait: (robot) => halt(robot),
  reset_dir: (robot) => halt(robot),
}

export function sideOf(motor: string | undefined): keyof Wheels | undefined {
  if (motor === 'left_motor') return 'left'
  return motor === 'right_motor' ? 'right' : undefined
}

/** The answer to a turn, however it ended. */
export function turnAnswer(degrees: number): string {
  return `Final rot pos: ${degrees}`
}

function halt(robot: FossbotRobot): undefined {
  robot.motion.stop()
}

function travel(robot: FossbotRobot, message: FossbotMessage, sense: 1 | -1, target = 0): string | undefined {
  if (target <= 0) return 'the distance is a number above 0'
  robot.motion.startDistance(target, straight(message, sense))
  return undefined
}

function turn(
  robot: FossbotRobot,
  message: FossbotMessage,
  sense: 1 | -1 | undefined,
  reply: (data: unknown) => void,
): string | undefined {
  const degrees = numberOr(message, 'degree', 90)
  if (!sense || degrees <= 0) {
    reply(turnAnswer(robot.degrees))
    return sense ? 'degree is a number above 0' : 'dir_id is 0 (counter-clockwise) or 1 (clockwise)'
  }
  robot.motion.startTurn(sense * degrees, turning(message, sense), (end) => reply(turnAnswer(end)))
  return undefined
}

function straight(message: FossbotMessage, sense: 1 | -1): Wheels {
  return { left: sense * percentOf(message, 'vel_left'), right: sense * percentOf(message, 'vel_right') }
}

function turning(message: FossbotMessage, sense: 1 | -1): Wheels {
  return { left: -sense * percentOf(message, 'vel_left'), right: sense * percentOf(message, 'vel_right') }
}

/** Without sign: the sense is the command's. */
function percentOf(message: FossbotMessage, name: string): number {
  return Math.min(Math.abs(numberOr(message, name, 100)), MAX_PERCENT)
}

function senseOf(direction: string | undefined): 1 | -1 | undefined {
  if (direction === 'forward') return 1
  return direction === 'reverse' ? -1 : undefined
}

function turnSense(message: FossbotMessage): 1 | -1 | undefined {
  const id = integerOf(message, 'dir_id')
  if (id === 0) return 1
  return id === 1 ? -1 : undefined
}
