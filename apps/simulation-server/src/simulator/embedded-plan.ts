import type { SandboxLimits } from '../sandbox/limits.js'
import type { LaunchPlan } from '../sandbox/sandbox.js'
import type { Stage } from '../stage.js'

/** Our own simulator: the bundle that ships with Simyard, in Node. */
export function planEmbeddedSimulator(stage: Stage, limits: SandboxLimits, slot: number): LaunchPlan {
  return {
    label: 'simulator',
    runtime: 'node',
    args: ['--max-old-space-size=384', '/app/simulator.mjs'],
    readOnly: { [stage.simulatorDir]: '/app' },
    cwd: '/app',
    env: {},
    limits,
    slot,
  }
}
