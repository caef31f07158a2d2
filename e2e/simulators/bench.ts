import { repositoryRoot } from '@simyard/testkit'
import { simulatorLimits } from '../../apps/simulation-server/src/sandbox/limits.js'
import { type OpenSandbox, openSandbox } from '../../apps/simulation-server/src/sandbox/open-sandbox.js'
import type { LaunchPlan } from '../../apps/simulation-server/src/sandbox/sandbox.js'
import { planEnki } from '../../apps/simulation-server/src/simulator/enki-plan.js'
import { Stage } from '../../apps/simulation-server/src/stage.js'
import { Conversation } from './conversation.js'

export type SimulatorName = 'built-in' | 'enki'

/** A stage and a sandbox as a simulation server has them, for simulators that tests talk to themselves. */
export class Bench {
  readonly stage = new Stage({
    simulatorDir: `${repositoryRoot}apps/simulator/dist/bundle`,
    pythonDir: `${repositoryRoot}python`,
    javascriptDir: `${repositoryRoot}javascript/controller`,
  })
  readonly opened: OpenSandbox = openSandbox({ stageDir: this.stage.root })
  private readonly conversations: Conversation[] = []
  private slot = 0

  nextSlot(): number {
    return this.slot++
  }

  async start(name: SimulatorName, files: Readonly<Record<string, string>> | string): Promise<Conversation> {
    const conversation = new Conversation(this.opened.sandbox.launch(this.plan(name)), files)
    this.conversations.push(conversation)
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

  async close(): Promise<void> {
    for (const { process } of this.conversations) process.kill()
    await Promise.all(this.conversations.map(({ process }) => process.exited))
    this.stage.remove()
  }
}
