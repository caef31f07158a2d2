export class Link {
  constructor(transport: { write(bytes: Uint8Array): void })
  send(message: unknown): void
  receive(bytes: Uint8Array): void
  close(): void
  next(): Promise<{ message: Record<string, unknown>; attachments: Uint8Array[] } | undefined>
}
export function openLink(): Promise<Link>

export class Device {
  getName(): string
  getModel(): string
  getNodeType(): string
}
interface Sampled {
  /** Sampling period in ms. */
  enable(samplingPeriod: number): void
  disable(): void
  getSamplingPeriod(): number
}
interface OneValue extends Sampled {
  getValue(): number
  getLookupTable(): number[]
}
interface Vector extends Sampled {
  getValues(): number[]
  getLookupTable(): number[]
}
export interface DistanceSensor extends Device, OneValue {
  getMinValue(): number
  getMaxValue(): number
  /** rad */
  getAperture(): number
  getType(): 'generic' | 'infra-red' | 'sonar' | 'laser'
}
export interface LightSensor extends Device, OneValue {}
export interface TouchSensor extends Device, OneValue {
  getValues(): number[]
  getType(): 'bumper' | 'force' | 'force-3d'
}
export interface PositionSensor extends Device, OneValue {
  getMotor(): Motor | null
}
export interface GPS extends Device, Vector {
  /** m/s */
  getSpeed(): number
  getSpeedVector(): number[]
}
export interface Compass extends Device, Vector {}
/** rad/s */
export interface Gyro extends Device, Vector {}
/** m/s² */
export interface Accelerometer extends Device, Vector {}
export interface InertialUnit extends Device, Sampled {
  /** rad */
  getRollPitchYaw(): number[]
  /** x, y, z, w */
  getQuaternion(): number[]
}
interface Ranges extends Sampled {
  /** m */
  getMinRange(): number
  getMaxRange(): number
  /** rad */
  getFov(): number
  /** m; rows from the top, each from left to right; infinite where nothing is in reach. */
  getRangeImage(): Float32Array | null
}
export interface LidarPoint {
  /** In the lidar's frame, m: ahead, left, up. */
  readonly x: number
  readonly y: number
  readonly z: number
  readonly layer_id: number
  /** s */
  readonly time: number
}
export interface Lidar extends Device, Ranges {
  getHorizontalResolution(): number
  getNumberOfLayers(): number
  /** rad */
  getVerticalFov(): number
  getLayerRangeImage(layer: number): Float32Array | null
  enablePointCloud(): void
  disablePointCloud(): void
  isPointCloudEnabled(): boolean
  getNumberOfPoints(): number
  getPointCloud(): LidarPoint[]
  getLayerPointCloud(layer: number): LidarPoint[]
}
export class RangeFinder extends Device implements Ranges {
  static rangeImageGetDepth(image: Float32Array, width: number, x: number, y: number): number
  getWidth(): number
  getHeight(): number
  getMinRange(): number
  getMaxRange(): number
  getFov(): number
  getRangeImage(): Float32Array | null
  enable(samplingPeriod: number): void
  disable(): void
  getSamplingPeriod(): number
}
export interface Pen extends Device {
  write(write: boolean): void
  /** 0xRRGGBB; density 0–1 */
  setInkColor(color: number, density: number): void
}
export class Camera extends Device implements Sampled {
  enable(samplingPeriod: number): void
  disable(): void
  getSamplingPeriod(): number
  getImage(): Uint8Array | null
  getWidth(): number
  getHeight(): number
  /** rad */
  getFov(): number
  static imageGetRed(image: Uint8Array, width: number, x: number, y: number): number
  static imageGetGreen(image: Uint8Array, width: number, x: number, y: number): number
  static imageGetBlue(image: Uint8Array, width: number, x: number, y: number): number
}
export class Motor extends Device {
  setPosition(position: number): void
  getTargetPosition(): number
  setVelocity(velocity: number): void
  getVelocity(): number
  getMaxVelocity(): number
  getMinPosition(): number
  getMaxPosition(): number
  getMaxForce(): number
  getMaxTorque(): number
  setForce(force: number): void
  setTorque(torque: number): void
  setAvailableForce(force: number): void
  setAvailableTorque(torque: number): void
  setAcceleration(acceleration: number): void
  getPositionSensor(): PositionSensor | null
}
export class Brake extends Device {}
export class LED extends Device {
  set(value: number): void
  get(): number
}
export class Emitter extends Device {
  send(message: string | Uint8Array): number
  getChannel(): number
  setChannel(channel: number): void
}
export interface Receiver extends Device, Sampled {
  getQueueLength(): number
  nextPacket(): void
  getBytes(): Uint8Array
  getString(): string
  /** 1/r² with r in metres. */
  getSignalStrength(): number
  getEmitterDirection(): number[]
  getChannel(): number
  setChannel(channel: number): void
}

export class Robot {
  static connect(link?: Link): Promise<Robot>
  /** Lets `timeStep` ms of simulated time pass; resolves to 0, or to -1 when the simulation ends. */
  step(timeStep?: number): Promise<0 | -1>
  /** Simulated seconds. */
  getTime(): number
  /** ms */
  getBasicTimeStep(): number
  getName(): string
  getModel(): string
  getCustomData(): string
  setCustomData(data: string): void
  /** To the robot's window, with the next step. */
  wwiSendText(text: string): void
  /** The oldest text of the robot's window, null when there is no other. */
  wwiReceiveText(): string | null
  getProjectPath(): string
  getWorldPath(): string
  getNumberOfDevices(): number
  getDeviceByIndex(index: number): Device | null
  getDevice<Kind extends Device = Device>(name: string): Kind | null
}
