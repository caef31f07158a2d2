import type { DeviceDescription, DeviceReading } from '@simyard/protocol'
import { Sparkline } from './sparkline.js'

/** Units of what devices say. */
const UNITS: Readonly<Record<string, string>> = {
  GPS: 'm',
  Gyro: 'rad/s',
  Accelerometer: 'm/s²',
  InertialUnit: 'rad',
  PositionSensor: 'rad',
  RotationalMotor: 'rad',
  LinearMotor: 'm',
}
const AXES: Readonly<Record<string, readonly string[]>> = { InertialUnit: ['roll', 'pitch', 'yaw'] }

/** What to say to a motor: rad and rad/s, or m and m/s. */
export interface MotorWish {
  readonly position?: number
  readonly velocity?: number
}

/** One device of a robot with its value: a number with its unit, a bar where its range is known, a line of the last values. */
export class DeviceRow {
  readonly element = document.createElement('li')
  private readonly value = document.createElement('output')
  private readonly bar = document.createElement('meter')
  private readonly line = new Sparkline()
  private readonly lamp = document.createElement('i')

  constructor(
    readonly description: DeviceDescription,
    drive: (wish: MotorWish) => void,
  ) {
    const { name, type, constants } = description
    const title = document.createElement('b')
    title.textContent = name
    const kind = document.createElement('span')
    kind.textContent = type
    this.value.setAttribute('aria-label', name)
    // Values change many times a second: nobody wants to be read all of them.
    this.value.setAttribute('aria-live', 'off')
    this.element.append(title, kind, this.value)
    const { minValue, maxValue } = constants
    if (typeof minValue === 'number' && typeof maxValue === 'number' && maxValue > minValue) {
      Object.assign(this.bar, { min: minValue, max: maxValue })
      this.bar.setAttribute('aria-label', `${name}, from ${minValue} to ${maxValue}`)
      this.element.append(this.bar)
    }
    if (type === 'LED') {
      this.lamp.className = 'lamp'
      this.element.append(this.lamp)
    } else if (this.isPlotted) this.element.append(this.line.element)
    if (type.endsWith('Motor')) this.element.append(...this.sliders(drive))
  }

  show(reading: DeviceReading): void {
    const { type } = this.description
    const said = reading.value ?? reading.position
    this.element.classList.toggle('off', !reading.enabled)
    if (!reading.enabled && said === undefined) {
      this.value.textContent = 'not enabled'
      return
    }
    if (said === undefined) {
      this.value.textContent = ''
      return
    }
    this.value.textContent = `${this.text(said)}${reading.enabled ? '' : ' (not enabled)'}`
    if (type === 'LED') this.lamp.classList.toggle('lit', said !== 0)
    if (typeof said !== 'number') return
    if (this.bar.isConnected) this.bar.value = said
    if (this.isPlotted) this.line.add(said)
  }

  private get isPlotted(): boolean {
    return ['DistanceSensor', 'LightSensor', 'PositionSensor', 'RotationalMotor', 'LinearMotor'].includes(
      this.description.type,
    )
  }

  private text(said: number | readonly number[]): string {
    const { type, constants } = this.description
    if (type === 'TouchSensor' && constants.sensorType === 'bumper') return said === 0 ? 'free' : 'touched'
    if (type === 'LED') return said === 0 ? 'off' : `on (${said})`
    const unit = type === 'TouchSensor' ? 'N' : (UNITS[type] ?? '')
    const names = AXES[type] ?? ['x', 'y', 'z']
    // Adding zero makes a negative zero a plain one.
    const number = (value: number) =>
      Math.abs(value) >= 1000 ? value.toFixed(0) : (Math.round(value * 1000) / 1000 + 0).toFixed(3)
    const shown =
      typeof said === 'number'
        ? number(said)
        : said.map((part, index) => `${names[index] ?? ''} ${number(part)}`).join('  ')
    return unit === '' ? shown : `${shown} ${unit}`
  }

  private sliders(drive: (wish: MotorWish) => void): HTMLElement[] {
    const { name, type, constants } = this.description
    const of = (key: string, fallback: number) => {
      const value = constants[key]
      return typeof value === 'number' ? value : fallback
    }
    const rotational = type === 'RotationalMotor'
    const fastest = of('maxVelocity', 10)
    const [least, most] = [of('minPosition', 0), of('maxPosition', 0)]
    const limits = most > least ? [least, most] : rotational ? [-Math.PI, Math.PI] : undefined
    const velocity = slider(`Velocity of ${name}, ${rotational ? 'rad/s' : 'm/s'}`, -fastest, fastest, (value) =>
      drive({ velocity: value }),
    )
    if (!limits) return [velocity]
    const [from = 0, to = 0] = limits
    return [
      velocity,
      slider(`Position of ${name}, ${rotational ? 'rad' : 'm'}`, from, to, (value) =>
        drive({ position: value, velocity: fastest }),
      ),
    ]
  }
}

function slider(label: string, from: number, to: number, change: (value: number) => void): HTMLElement {
  const line = document.createElement('label')
  const input = document.createElement('input')
  const text = document.createElement('span')
  const [what = ''] = label.split(' of ')
  text.textContent = what
  Object.assign(input, { type: 'range', min: String(from), max: String(to), step: String((to - from) / 200) })
  input.value = String(Math.min(Math.max(0, from), to))
  input.setAttribute('aria-label', label)
  input.addEventListener('input', () => change(Number(input.value)))
  line.className = 'slider'
  line.append(text, input)
  return line
}
