import { pause } from './deadline.js'
import { type ConnectOptions, RoomConnection } from './room-connection.js'
import { imagePieces, type SceneImage } from './scene-image.js'

export interface GodotEnvironmentArguments extends Partial<Omit<ConnectOptions, 'address' | 'room'>> {
  readonly server_address?: string
}

/** Positions in units of the scene, rotations in degrees. */
export interface Pose {
  readonly pos_x?: number
  readonly pos_y?: number
  readonly pos_z?: number
  readonly rotation?: number
  readonly counterclockwise?: boolean
  readonly color?: string
}
export interface Scale {
  readonly scale_x?: number
  readonly scale_y?: number
  readonly scale_z?: number
}
export interface FloorImage {
  readonly image: SceneImage
  readonly floor_index?: number
  readonly color?: string
}

/** A simulator takes new things into its scene between two pictures; who is faster may not find them there. */
const PAUSE_MS = 100
const UPLOAD_MS = 60_000

/** Prepares a scene, with the method names and defaults of FOSSBot's library. */
export class GodotEnvironment {
  private readonly connection: Promise<RoomConnection>

  constructor(sessionId: string, given: GodotEnvironmentArguments = {}) {
    const address = given.server_address || 'http://localhost:8000'
    const identity = { env_user: true, func: 'connect_env' }
    this.connection = RoomConnection.open({ ...given, address, room: sessionId }, identity)
    // Whoever calls a method is told.
    this.connection.catch(() => undefined)
  }

  spawn_fossbot(options: Pose = {}): Promise<void> {
    return this.post('foss_spawn', robotPose(options))
  }

  spawn_cube(options: Pose & Scale = {}): Promise<void> {
    return this.post('obs_spawn', { type: 'cube', ...scale(options), ...pose(options, 'white') })
  }

  spawn_cone(options: Pose & Scale = {}): Promise<void> {
    return this.post('obs_spawn', { type: 'cone', ...scale(options), ...pose(options, 'white') })
  }

  spawn_sphere(options: Pose & { readonly radius?: number } = {}): Promise<void> {
    const { rotation, counterclockwise, ...rest } = pose(options, 'white')
    return this.post('obs_spawn', { type: 'sphere', ...rest, radius: options.radius ?? 1 })
  }

  change_fossbot(options: Pose & { readonly fossbot_name?: string } = {}): Promise<void> {
    return this.post('change_fossbot', { fossbot_name: options.fossbot_name ?? 'fossbot', ...robotPose(options) })
  }

  change_floor_size(options: { floor_index?: number; scale_x?: number; scale_y?: number } = {}): Promise<void> {
    const { floor_index, scale_x = 1, scale_y = 1 } = options
    return this.post('change_floor', { floor_index: index(floor_index), scale_x, scale_y })
  }

  /** 0 to 100; 50 is that of a new scene. */
  change_brightness(brightness = 50): Promise<void> {
    if (!(brightness >= 0 && brightness <= 100)) {
      return Promise.reject(new RangeError(`The brightness is from 0 to 100, and not ${brightness}.`))
    }
    return this.post('change_brightness', { value: Math.trunc(brightness) })
  }

  /** Puts the picture on the floor in its own scale, or with `tripl` on everything that has one. */
  draw_image_floor(
    options: FloorImage & { readonly tripl?: boolean; readonly scale_x?: number; readonly scale_y?: number },
  ): Promise<void> {
    const { image, floor_index, color = 'white', tripl = false, scale_x = 1, scale_y = 1 } = options
    const last = { floor_index: index(floor_index), color, type: tripl ? 'tripl' : 'manual', scale_x, scale_y }
    return this.upload('change_floor_skin', image, last, 'Image loaded.')
  }

  /** Stretches the picture over the whole floor. */
  draw_image_floor_auto({ image, floor_index, color = 'white' }: FloorImage): Promise<void> {
    const last = { floor_index: index(floor_index), color, type: 'full' }
    return this.upload('change_floor_skin', image, last, 'Image loaded.')
  }

  /** Heights are the picture's red; all robots and obstacles are removed. */
  change_floor_terrain(options: Omit<FloorImage, 'color'> & { readonly intensity?: number }): Promise<void> {
    const { image, floor_index, intensity = 3 } = options
    const last = { floor_index: index(floor_index), intensity }
    return this.upload('change_floor_terrain', image, last, 'Terrain loaded.')
  }

  /** A flat floor again; all robots and obstacles are removed. */
  async reset_floor_terrain(floor_index = 0): Promise<void> {
    const command = { func: 'reset_terrain', floor_index: index(floor_index) }
    await (await this.connection).ask(command, { accepts: (data) => data === 'Terrain Reset.' })
    await pause(PAUSE_MS)
  }

  remove_all_objects(): Promise<void> {
    return this.post('remove_all_objects', {})
  }

  async exit(): Promise<void> {
    const connection = await this.connection.catch(() => undefined)
    connection?.close()
  }

  private async post(func: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const connection = await this.connection
    connection.post({ func, ...parameters })
    await pause(PAUSE_MS)
  }

  private async upload(func: string, image: SceneImage, last: Readonly<Record<string, unknown>>, done: string) {
    const pieces = await imagePieces(image)
    const connection = await this.connection
    const image_size = pieces.length
    for (const [img_num, piece] of pieces.entries()) {
      connection.post({ func, image: piece, image_size, img_num })
      // Where messages overtake each other, the last one must not come before a piece.
      if (!connection.keepsOrder) await pause(PAUSE_MS)
    }
    const accepts = (data: unknown) => data === done
    await connection.ask({ func, ...last, image_size }, { accepts, timeoutMs: UPLOAD_MS })
    await pause(PAUSE_MS)
  }
}

function pose(options: Pose, defaultColor: string) {
  const { pos_x = 1, pos_y = 1, pos_z = 0, rotation = 0, counterclockwise = false, color = defaultColor } = options
  return { pos_x, pos_y, pos_z, rotation, counterclockwise, color }
}

const robotPose = (options: Pose) => pose(options, 'blue')

function scale({ scale_x = 1, scale_y = 1, scale_z = 1 }: Scale) {
  const positive = (value: number) => (value > 0 ? value : 1)
  return { scale_x: positive(scale_x), scale_y: positive(scale_y), scale_z: positive(scale_z) }
}

/** A text in this conversation. */
function index(floor = 0): string {
  return String(Math.trunc(floor))
}
