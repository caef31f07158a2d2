import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import { planController } from '../../apps/simulation-server/src/instance/controller-launch.js'
import { controllerLimits, simulatorLimits } from '../../apps/simulation-server/src/sandbox/limits.js'
import {
  type OpenSandbox,
  openSandbox,
  type SandboxOptions,
} from '../../apps/simulation-server/src/sandbox/open-sandbox.js'
import type { LaunchPlan, SandboxedProcess } from '../../apps/simulation-server/src/sandbox/sandbox.js'
import { planEnki } from '../../apps/simulation-server/src/simulator/enki-plan.js'
import { makeReadable, Stage } from '../../apps/simulation-server/src/stage.js'
import { Conversation } from './conversation.js'

export type SimulatorName = 'built-in' | 'enki'

/** A stage and a sandbox as a simulation server has them, for simulators that tests talk to themselves. */
export class Bench {
  readonly stage = new Stage({
    simulatorDir: `${repositoryRoot}apps/simulator/dist/bundle`,
    pythonDir: `${repositoryRoot}python`,
    javascriptDir: `${repositoryRoot}javascript/controller`,
  })
  readonly opened: OpenSandbox
  private readonly programs: SandboxedProcess[] = []
  private slot = 0

  constructor(options: Omit<SandboxOptions, 'stageDir'> = {}) {
    this.opened = openSandbox({ ...options, stageDir: this.stage.root })
  }

  nextSlot(): number {
    return this.slot++
  }

  async start(name: SimulatorName, files: Readonly<Record<string, string>> | string): Promise<Conversation> {
    const program = this.opened.sandbox.launch(this.plan(name))
    this.programs.push(program)
    const conversation = new Conversation(program, files)
    await conversation.next('hello')
    return conversation
  }

  private plan(name: SimulatorName): LaunchPlan {
    if (name === 'enki') return planEnki({ stage: this.stage, slot: this.nextSlot() })
    return {
      label: 'simulator',
      runtime: 'node',
      args: ['--max-old-space-size=384', '/app/simulator.mjs'],
      readOnly: { [this.stage.simulatorDir]: '/app' },
      cwd: '/app',
      env: {},
      limits: simulatorLimits,
      slot: this.nextSlot(),
    }
  }

  /** Really runs the controllers that a simulator asks for, each in a sandbox of its own. Returns what they print. */
  runControllers(talk: Conversation, project: string): string[] {
    // As an instance has it: programs without a sandbox find their modules by where they are.
    const projectDir = join(this.stage.instancesDir, String(this.nextSlot()))
    cpSync(project, projectDir, { recursive: true })
    makeReadable(projectDir)
    const printed: string[] = []
    const running = new Map<number, SandboxedProcess>()
    talk.onMessage = ({ message, body }) => {
      if (message.type === 'controller-data') running.get(message.controller)?.channel.write(body)
      if (message.type === 'stop-controller') running.get(message.controller)?.kill()
      if (message.type !== 'start-controller') return
      const { controller } = message
      const context = { projectDir, stage: this.stage, limits: controllerLimits, slot: this.nextSlot() }
      const program = this.opened.sandbox.launch(planController(message, { ...context, pythonFound: true }))
      running.set(controller, program)
      this.programs.push(program)
      program.channel.on('data', (bytes: Buffer) => talk.send({ type: 'controller-data', controller }, bytes))
      let rest = ''
      program.stdout.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop() ?? ''
        printed.push(...lines)
      })
      program.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()))
    }
    return printed
  }

  async close(): Promise<void> {
    for (const program of this.programs) program.kill()
    await Promise.all(this.programs.map(({ exited }) => exited))
    this.stage.remove()
  }
}
