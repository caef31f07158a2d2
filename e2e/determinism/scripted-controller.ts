import { ControllerMessage, type SimulationToController } from '@simyard/protocol'

const EVERY_SENSOR = /Sensor$|^(Camera|GPS|Gyro|Compass|Accelerometer|InertialUnit|Receiver)$/

/** Speed of a wheel, rad/s, from a step on; undefined: as it was. */
export type Timetable = (step: number, wheel: number, robot: number) => number | undefined

const changingOften: Timetable = (step, wheel, robot) =>
  step % 12 === 0 ? ((((step / 12) * 7 + wheel * 5 + robot * 3) % 11) - 4) / 1.5 : undefined

/** Wheel speeds that change five times a second, a different pattern for each robot, and sensors on from the start. */
export class ScriptedController {
  lastAnswer = ''
  private said = 0
  private turn = 0
  private welcome: Extract<SimulationToController, { type: 'welcome' }> | undefined
  private answered = true

  constructor(
    private readonly index: number,
    private readonly sensors = EVERY_SENSOR,
    private readonly timetable = changingOften,
  ) {}

  receive(bytes: Uint8Array): void {
    const end = bytes.indexOf(10)
    this.lastAnswer = new TextDecoder().decode(bytes.subarray(0, end))
    const message = JSON.parse(this.lastAnswer) as SimulationToController
    if (message.type === 'welcome') this.welcome = message
    if (message.type === 'quit' && message.reason === 'refused') throw new Error(`refused: ${message.message}`)
    this.answered = true
  }

  next(): ControllerMessage | undefined {
    if (!this.answered) return undefined
    if (this.said++ === 0) return { type: 'hello', version: 1, language: 'script' }
    if (!this.welcome) return undefined
    this.answered = false
    return ControllerMessage.parse({ type: 'step', ms: this.welcome.basicTimeStepMs, commands: this.commands() })
  }

  private commands(): unknown[] {
    const { devices = [], basicTimeStepMs = 16 } = this.welcome ?? {}
    const motors = devices.filter(({ type }) => type === 'RotationalMotor')
    const turn = this.turn++
    const commands: unknown[] = []
    if (turn === 0) {
      for (const { name, type } of devices) {
        if (this.sensors.test(type)) commands.push({ set: 'enable', device: name, periodMs: basicTimeStepMs })
      }
      for (const { name } of motors) commands.push({ set: 'position', device: name, value: 'inf' })
    }
    motors.forEach(({ name }, motor) => {
      const value = this.timetable(turn, motor, this.index)
      if (value !== undefined) commands.push({ set: 'velocity', device: name, value })
    })
    return commands
  }
}
