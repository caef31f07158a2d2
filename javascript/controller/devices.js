// Devices, as the Python module has them; every value is the newest sample.
const infinity = { inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY }

export class Device {
  constructor(robot, description) {
    this.robot = robot
    this.description = description
  }
  getName() {
    return this.description.name
  }
  getModel() {
    return this.description.model ?? ''
  }
  getNodeType() {
    return this.description.type
  }
  constant(key, fallback = 0) {
    const value = this.description.constants?.[key] ?? fallback
    return infinity[value] ?? value
  }
  command(set, values = {}) {
    this.robot.commands.push({ set, device: this.getName(), ...values })
  }
  sample(suffix = '') {
    return this.robot.values[this.getName() + suffix]
  }
}

class Sensor extends Device {
  #period = 0
  /** Sample every `samplingPeriod` ms; the first value is there after the next step. */
  enable(samplingPeriod) {
    this.#period = Math.max(0, Math.trunc(samplingPeriod))
    this.command('enable', { periodMs: this.#period })
  }
  disable() {
    this.enable(0)
  }
  getSamplingPeriod() {
    return this.#period
  }
  number(suffix = '') {
    return this.sample(suffix) ?? Number.NaN
  }
  vector(size = 3, suffix = '') {
    return [...(this.sample(suffix) ?? new Array(size).fill(Number.NaN))]
  }
}

class ValueSensor extends Sensor {
  getValue() {
    return this.number()
  }
  getLookupTable() {
    return [...this.constant('lookupTable', [])]
  }
}

class VectorSensor extends Sensor {
  getValues() {
    return this.vector()
  }
  getLookupTable() {
    return [...this.constant('lookupTable', [])]
  }
}

export class DistanceSensor extends ValueSensor {
  getMinValue() {
    return this.constant('minValue')
  }
  getMaxValue() {
    return this.constant('maxValue')
  }
  getAperture() {
    return this.constant('aperture')
  }
  getType() {
    return this.constant('sensorType', 'generic')
  }
}

export class LightSensor extends ValueSensor {}

export class TouchSensor extends ValueSensor {
  getValues() {
    return this.vector()
  }
  getType() {
    return this.constant('sensorType', 'bumper')
  }
}

export class PositionSensor extends ValueSensor {
  getMotor() {
    return this.robot.findDevice(this.constant('motor', ''))
  }
}

export class GPS extends VectorSensor {
  getSpeed() {
    return this.number('/speed')
  }
  getSpeedVector() {
    return this.vector(3, '/speedVector')
  }
}

export class Compass extends VectorSensor {}
export class Gyro extends VectorSensor {}
export class Accelerometer extends VectorSensor {}

export class InertialUnit extends Sensor {
  getRollPitchYaw() {
    return this.vector()
  }
  getQuaternion() {
    return this.vector(4, '/quaternion')
  }
}

export class Camera extends Sensor {
  image = null
  /** Rows from the top; blue, green, red, alpha for each pixel. Null before the first image. */
  getImage() {
    return this.image
  }
  getWidth() {
    return this.constant('width', 64)
  }
  getHeight() {
    return this.constant('height', 64)
  }
  getFov() {
    return this.constant('fov', 0.7854)
  }
  static imageGetRed(image, width, x, y) {
    return image[4 * (y * width + x) + 2]
  }
  static imageGetGreen(image, width, x, y) {
    return image[4 * (y * width + x) + 1]
  }
  static imageGetBlue(image, width, x, y) {
    return image[4 * (y * width + x)]
  }
}

class RangeSensor extends Sensor {
  /** Float32 bytes, small end first. */
  image = null
  getMinRange() {
    return this.constant('minRange')
  }
  getMaxRange() {
    return this.constant('maxRange')
  }
  getFov() {
    return this.constant('fov')
  }
  /** Metres, rows from the top, each from left to right; infinite where nothing is in reach. Null before the first. */
  getRangeImage() {
    return this.image && new Float32Array(this.image.slice().buffer)
  }
}

export class Lidar extends RangeSensor {
  #points = false
  getHorizontalResolution() {
    return this.constant('width', 512)
  }
  getNumberOfLayers() {
    return this.constant('layers', 4)
  }
  getVerticalFov() {
    return this.constant('verticalFov')
  }
  /** 0 is the highest layer. */
  getLayerRangeImage(layer) {
    const width = this.getHorizontalResolution()
    return this.getRangeImage()?.subarray(layer * width, (layer + 1) * width) ?? null
  }
  enablePointCloud() {
    this.#points = true
  }
  disablePointCloud() {
    this.#points = false
  }
  isPointCloudEnabled() {
    return this.#points
  }
  getNumberOfPoints() {
    return this.getHorizontalResolution() * this.getNumberOfLayers()
  }
  getPointCloud() {
    return Array.from({ length: this.getNumberOfLayers() }, (_, layer) => this.getLayerPointCloud(layer)).flat()
  }
  /** In the lidar's frame, metres: x ahead, y left, z up; infinite where nothing is in reach. */
  getLayerPointCloud(layer) {
    if (!this.#points) {
      this.robot.warn('Lidar.getPointCloud() called without a point cloud: call enablePointCloud() first.')
      return []
    }
    const width = this.getHorizontalResolution()
    const layers = this.getNumberOfLayers()
    const around = this.getFov()
    const upright = this.getVerticalFov()
    const elevation = this.constant('tiltAngle') + (layers > 1 ? upright / 2 - (layer * upright) / (layers - 1) : 0)
    // One that looks all around does not measure the same direction twice.
    const turn = around / (around >= 2 * Math.PI - 1e-3 ? width : Math.max(1, width - 1))
    const time = this.robot.getTime()
    return Array.from(this.getLayerRangeImage(layer) ?? [], (distance, column) => {
      if (!Number.isFinite(distance)) return { x: Infinity, y: Infinity, z: Infinity, layer_id: layer, time }
      const azimuth = width > 1 ? around / 2 - column * turn : 0
      const flat = distance * Math.cos(elevation)
      const [x, y, z] = [flat * Math.cos(azimuth), flat * Math.sin(azimuth), distance * Math.sin(elevation)]
      return { x, y, z, layer_id: layer, time }
    })
  }
}

export class RangeFinder extends RangeSensor {
  getWidth() {
    return this.constant('width', 64)
  }
  getHeight() {
    return this.constant('height', 64)
  }
  static rangeImageGetDepth(image, width, x, y) {
    return image[y * width + x]
  }
}

export class Motor extends Device {
  #velocity
  #target = 0
  constructor(robot, description) {
    super(robot, description)
    this.#velocity = this.getMaxVelocity()
  }
  /** Target in rad or m; Infinity switches to velocity control. */
  setPosition(position) {
    if (Number.isNaN(position)) return this.robot.warn('Motor.setPosition() called with NaN.')
    this.#target = position
    const value = Number.isFinite(position) ? position : position > 0 ? 'inf' : '-inf'
    this.command('position', { value })
  }
  getTargetPosition() {
    return this.#target
  }
  /** rad/s or m/s. */
  setVelocity(velocity) {
    if (!Number.isFinite(velocity)) return this.robot.warn('Motor.setVelocity() called with an invalid velocity.')
    this.#velocity = velocity
    this.command('velocity', { value: velocity })
  }
  getVelocity() {
    return this.#velocity
  }
  getMaxVelocity() {
    return this.constant('maxVelocity', 10)
  }
  getMinPosition() {
    return this.constant('minPosition')
  }
  getMaxPosition() {
    return this.constant('maxPosition')
  }
  getMaxForce() {
    return this.constant('maxForce', this.constant('maxTorque', 10))
  }
  getMaxTorque() {
    return this.getMaxForce()
  }
  setForce(force) {
    if (!Number.isFinite(force)) return this.robot.warn('Motor.setForce() called with an invalid force.')
    this.command('force', { value: force })
  }
  setTorque(torque) {
    this.setForce(torque)
  }
  setAvailableForce(force) {
    this.command('availableForce', { value: force })
  }
  setAvailableTorque(torque) {
    this.setAvailableForce(torque)
  }
  setAcceleration(acceleration) {
    this.command('acceleration', { value: acceleration })
  }
  getPositionSensor() {
    return this.robot.findDevice(this.constant('positionSensor', ''))
  }
}

export class Brake extends Device {}

export class LED extends Device {
  #value = 0
  /** 0 off, n the n-th colour, 0xRRGGBB for a gradual LED. */
  set(value) {
    this.#value = Math.trunc(value)
    this.command('led', { value: this.#value })
  }
  get() {
    return this.#value
  }
}

export class Pen extends Device {
  /** Begin or stop drawing, from the next step on. */
  write(write) {
    this.command('pen', { value: Boolean(write) })
  }
  /** 0xRRGGBB, and how much of what is below it covers, 0 to 1. */
  setInkColor(color, density) {
    this.command('ink', { value: Math.trunc(color), density: Math.min(1, Math.max(0, density)) })
  }
}

const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

export class Emitter extends Device {
  #channel = this.constant('channel', 0)
  /** Text or bytes to the receivers on the same channel; leaves with the next step. */
  send(message) {
    const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message
    this.command('emit', { base64: toBase64(bytes) })
    return 1
  }
  getChannel() {
    return this.#channel
  }
  setChannel(channel) {
    this.#channel = channel
    this.command('channel', { value: channel })
  }
}

export class Receiver extends Sensor {
  #queue = []
  #channel = this.constant('channel', 0)
  arrived(packets) {
    this.#queue.push(...packets)
  }
  getQueueLength() {
    return this.#queue.length
  }
  nextPacket() {
    this.#queue.shift()
  }
  getBytes() {
    return this.#queue[0] ? fromBase64(this.#queue[0].base64) : new Uint8Array(0)
  }
  getString() {
    return new TextDecoder().decode(this.getBytes())
  }
  getSignalStrength() {
    return this.#queue[0]?.strength ?? 0
  }
  getEmitterDirection() {
    return [...(this.#queue[0]?.direction ?? [0, 0, 0])]
  }
  getChannel() {
    return this.#channel
  }
  setChannel(channel) {
    this.#channel = channel
    this.command('channel', { value: channel })
  }
}

export const deviceClasses = {
  Accelerometer,
  Brake,
  Camera,
  Compass,
  DistanceSensor,
  Emitter,
  GPS,
  Gyro,
  InertialUnit,
  LED,
  Lidar,
  LightSensor,
  LinearMotor: Motor,
  Pen,
  PositionSensor,
  RangeFinder,
  Receiver,
  RotationalMotor: Motor,
  TouchSensor,
}
