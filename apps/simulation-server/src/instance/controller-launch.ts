import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { sessionFiles } from '../project/session-file.js'
import type { SandboxLimits } from '../sandbox/limits.js'
import type { LaunchPlan } from '../sandbox/sandbox.js'
import type { Stage } from '../stage.js'

export interface ControllerRequest {
  readonly robot: string
  readonly name: string
  readonly args: readonly string[]
}

/** Which program a controller's name means, and how it is started. Throws what the project's author did wrong. */
export function planController(
  request: ControllerRequest,
  context: { projectDir: string; stage: Stage; limits: SandboxLimits; slot: number; pythonFound: boolean },
): LaunchPlan {
  const { name } = request
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name) || name.includes('..')) {
    throw new SimyardError(
      'CONTROLLER_MISSING',
      `Robot "${request.robot}" asks for the controller ${JSON.stringify(name)}, which is not a valid name.`,
    )
  }
  const folder = join(context.projectDir, 'controllers', name)
  const found = ['.py', '.js', '.mjs'].find((extension) => existsSync(join(folder, name + extension)))
  if (!found) {
    const other = ['.c', '.cpp', '.java', '.m'].find((extension) => existsSync(join(folder, name + extension)))
    if (other) {
      throw new SimyardError(
        'CONTROLLER_LANGUAGE_UNSUPPORTED',
        `Controller ${name} of robot "${request.robot}" is written in a language that cannot run here (${name}${other}). Python (.py) and JavaScript (.js) can.`,
      )
    }
    throw new SimyardError(
      'CONTROLLER_MISSING',
      `Robot "${request.robot}" wants the controller "${name}", but the project has no controllers/${name}/${name}.py or ${name}.js. Create the file, or set the robot's controller to "<none>".`,
    )
  }
  const common = {
    label: `controller ${name} of ${request.robot}`,
    limits: context.limits,
    slot: context.slot,
  }
  const env = { SIMYARD_CONTROLLER_FD: '3' }
  // What the website host has told stands two folders above the program, in a sandbox and without one.
  const told = Object.fromEntries(
    sessionFiles.map((name) => [join(context.projectDir, name), `/${name}`]).filter(([file]) => existsSync(file!)),
  )
  if (found === '.py') {
    if (!context.pythonFound) {
      throw new SimyardError(
        'CONTROLLER_LANGUAGE_UNSUPPORTED',
        'There is no python3 on this server. Install it (Debian, Ubuntu: apt install python3) and start Simyard again.',
      )
    }
    return {
      ...common,
      runtime: 'python',
      args: ['-u', `/work/code/${name}.py`, ...request.args],
      readOnly: { [folder]: '/work/code', [context.stage.pythonDir]: '/work/lib', ...told },
      cwd: '/work/code',
      env: { ...env, PYTHONPATH: '/work/lib', PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
    }
  }
  return {
    ...common,
    runtime: 'node',
    args: ['--max-old-space-size=128', `/work/code/${name}${found}`, ...request.args],
    // `import 'controller'` is looked for in node_modules of the folders above the program.
    readOnly: { [folder]: '/work/code', [context.stage.javascriptDir]: '/work/node_modules/controller', ...told },
    cwd: '/work/code',
    env,
    // A Node program starts about ten threads of its own and needs more than Python's address space.
    limits: {
      ...context.limits,
      processes: Math.max(context.limits.processes, 32),
      openFiles: Math.max(context.limits.openFiles, 64),
    },
  }
}

const SIGNAL_MEANING: Readonly<Record<string, string>> = {
  SIGKILL: 'it was killed: it used more memory or time than it may, or it did not answer',
  SIGXCPU: 'it used more CPU time than it may',
  SIGXFSZ: 'it wrote a larger file than it may',
  SIGSEGV: 'it crashed (segmentation fault)',
  SIGABRT: 'it aborted, which an interpreter does when memory runs out',
  SIGBUS: 'it crashed (bus error)',
}

const SIGNAL_NUMBERS: Readonly<Record<number, string>> = {
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
}

/** Why a controller ended, for its author; undefined when it simply ended. */
export function explainExit(label: string, exitCode: number | null, signal: string | null): SimyardError | undefined {
  // A sandbox reports the signal of the program inside as 128 + number.
  const name = signal ?? (exitCode !== null && exitCode > 128 ? SIGNAL_NUMBERS[exitCode - 128] : undefined)
  if (name) {
    const limit = ['SIGKILL', 'SIGXCPU', 'SIGXFSZ', 'SIGABRT'].includes(name)
    return new SimyardError(
      limit ? 'CONTROLLER_LIMIT_EXCEEDED' : 'CONTROLLER_CRASHED',
      `The ${label} ended: ${SIGNAL_MEANING[name] ?? `it got signal ${name}`}. The world goes on; reset to start it again.`,
    )
  }
  if (exitCode === 0) return undefined
  return new SimyardError(
    'CONTROLLER_CRASHED',
    `The ${label} ended with an error (exit code ${exitCode}). The world goes on; correct the program and reset.`,
  )
}
