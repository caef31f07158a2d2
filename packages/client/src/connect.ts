import { Robot, type RobotOptions } from './robot.js'
import { type ConnectOptions, RoomConnection } from './room-connection.js'

/** Drives a robot of a room, or with `as: 'stage-hand'` changes its scene, or with `as: 'viewer'` only looks on. */
export function connect(options: RobotOptions & { readonly as?: 'robot' }): Promise<Robot>
export function connect(options: ConnectOptions & { readonly as: 'stage-hand' | 'viewer' }): Promise<RoomConnection>
export function connect({
  as = 'robot',
  ...options
}: RobotOptions & { readonly as?: 'robot' | 'stage-hand' | 'viewer' }): Promise<Robot | RoomConnection> {
  if (as === 'robot') return Robot.connect(options)
  return RoomConnection.open(options, as === 'viewer' ? {} : { env_user: true, func: 'connect_env' })
}
