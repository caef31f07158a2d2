import { ControllerMessage, type SimulationToController } from '@simyard/protocol'

const EVERY_SENSOR = /Sensor$|^(Camera|GPS|Gyro|Compass|Accelerometer|InertialUnit|Receiver)$/

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
    if (turn % 12 === 0) {
      motors.forEach(({ name }, motor) => {
        const value = (((turn / 12) * 7 + motor * 5 + this.index * 3) % 11) - 4
        commands.push({ set: 'velocity', device: name, value: value / 1.5 })
      })
    }
    return commands
  }
}
