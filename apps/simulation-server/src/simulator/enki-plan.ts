import { existsSync, readdirSync } from 'node:fs'
import { type SandboxLimits, simulatorLimits } from '../sandbox/limits.js'
import type { LaunchPlan } from '../sandbox/sandbox.js'

/** Where Debian's python3-enki2 puts its module; sandboxed programs see /usr only. */
const MODULE_DIRS = ['/usr/lib/python3/dist-packages', '/usr/local/lib/python3/dist-packages']

/** Why Enki cannot be used on this machine, or undefined. */
export function enkiProblem(): string | undefined {
  const found = MODULE_DIRS.some((dir) => existsSync(dir) && readdirSync(dir).some((name) => name.startsWith('pyenki')))
  return found ? undefined : 'the Python module pyenki is not installed (Debian, Ubuntu: apt install python3-enki2)'
}

/**
 * Enki as a simulator: it speaks simulator-v1 like the built-in one, so that whoever starts this plan goes on in the same
 * way. For flat worlds with e-puck and Thymio II robots; it has no cameras.
 * @param context.stage its `pythonDir` is the copy of the folder `python/`.
 */
export function planEnki(context: {
  readonly stage: { readonly pythonDir: string }
  readonly slot: number
  readonly limits?: SandboxLimits
}): LaunchPlan {
  return {
    label: 'simulator (Enki)',
    runtime: 'python',
    args: ['-m', 'enki_simulator'],
    readOnly: { [context.stage.pythonDir]: '/app' },
    cwd: '/app',
    env: { PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
    limits: context.limits ?? simulatorLimits,
    slot: context.slot,
  }
}
