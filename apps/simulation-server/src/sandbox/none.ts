import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { outsidePath, type Runtimes } from './runtimes.js'
import { killProcessGroup, type LaunchPlan, type Sandbox, type SandboxedProcess, wrapChild } from './sandbox.js'

const SETPRIV = '/usr/bin/setpriv'

/**
 * No isolation: programs run with the operator's rights. For one's own machine only; the servers then refuse to listen
 * on anything but loopback and every page says so.
 */
export class NoSandbox implements Sandbox {
  readonly driver = 'none'
  constructor(private readonly runtimes: Runtimes) {}

  inside(plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    return outsidePath(plan, insidePath)
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    const runtime = plan.runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? 'python3')
    const translate = (text: string) => this.inside(plan, text)
    const env = Object.fromEntries(Object.entries(plan.env).map(([key, value]) => [key, translate(value)]))
    // It dies with the server where that can be had; what it has started itself then goes on.
    const launcher = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : []
    const [program = runtime, ...args] = [...launcher, runtime, ...plan.args.map(translate)]
    // Its own process group, so that what the program started ends with it.
    const child = spawn(program, args, {
      cwd: translate(plan.cwd),
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    return wrapChild(child, () => killProcessGroup(child.pid))
  }
}
