import { spawn } from 'node:child_process'
import type { Runtimes } from './runtimes.js'
import { type LaunchPlan, type Sandbox, type SandboxedProcess, wrapChild } from './sandbox.js'

/**
 * No isolation: programs run with the operator's rights. For one's own machine only; the servers then refuse to listen
 * on anything but loopback and every page says so.
 */
export class NoSandbox implements Sandbox {
  readonly driver = 'none'
  constructor(private readonly runtimes: Runtimes) {}

  inside(plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    for (const [outside, inside] of Object.entries(plan.readOnly)) {
      if (insidePath === inside || insidePath.startsWith(`${inside}/`)) return outside + insidePath.slice(inside.length)
    }
    return insidePath
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    const program = plan.runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? 'python3')
    const translate = (text: string) => this.inside(plan, text)
    const env = Object.fromEntries(Object.entries(plan.env).map(([key, value]) => [key, translate(value)]))
    // Its own process group, so that what the program started ends with it.
    const child = spawn(program, plan.args.map(translate), {
      cwd: translate(plan.cwd),
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    return wrapChild(child, () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    })
  }
}
