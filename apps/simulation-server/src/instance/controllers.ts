import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type ErrorReport, reportError, type ServerToSimulator } from '@simyard/protocol'
import type { SandboxLimits } from '../sandbox/limits.js'
import type { Sandbox, SandboxedProcess } from '../sandbox/sandbox.js'
import type { Slots } from '../slots.js'
import type { Stage } from '../stage.js'
import { readConsoleLines } from './console-lines.js'
import { explainExit, planController } from './controller-launch.js'

export interface ControllersContext {
  readonly sandbox: Sandbox
  readonly stage: Stage
  readonly slots: Slots
  readonly limits: SandboxLimits
  readonly projectDir: string
  readonly pythonFound: boolean
  readonly now: () => number
  toSimulator(message: ServerToSimulator, body?: Uint8Array): boolean
  onSimulatorDrained(resume: () => void): void
  console(robot: string, stream: 'stdout' | 'stderr', line: string): void
  externWaits(robot: string, token: string): void
}

interface Running {
  readonly robot: string
  /** On this machine; undefined for an extern controller. */
  readonly pid: number | undefined
  /** Bytes to the controller. */
  write(bytes: Uint8Array): void
  stop(): void
  /** When the simulation last answered it, and it last spoke: a controller that owes an answer for long hangs. */
  answeredAt: number
  spokeAt: number
}

/**
 * The controllers of one instance: each in its own sandbox, its bytes carried to the simulator and back. The server
 * only carries: what the bytes mean is between the simulator and the controller.
 */
export class Controllers {
  private readonly running = new Map<number, Running>()
  private readonly waiting = new Map<string, { id: number; robot: string }>()

  constructor(private readonly context: ControllersContext) {}

  start(request: { controller: number; robot: string; name: string; args: readonly string[]; extern: boolean }): void {
    if (request.extern) return this.waitForExtern(request.controller, request.robot)
    const slot = this.context.slots.take()
    let process: SandboxedProcess
    let label: string
    try {
      const plan = planController(request, { ...this.context, slot })
      label = plan.label
      process = this.context.sandbox.launch(plan)
    } catch (error) {
      this.context.slots.free(slot)
      this.ended(request.controller, { exitCode: null, signal: null, report: reportError(error) })
      return
    }
    const { now } = this.context
    readConsoleLines(process.stdout, { now, line: (text) => this.context.console(request.robot, 'stdout', text) })
    readConsoleLines(process.stderr, { now, line: (text) => this.context.console(request.robot, 'stderr', text) })
    let stopped = false
    this.carry({ id: request.controller, robot: request.robot, pid: process.pid }, process.channel, () => {
      stopped = true
      process.kill()
    })
    this.context.toSimulator({ type: 'controller-started', controller: request.controller })
    void process.exited.then(async ({ exitCode, signal }) => {
      this.context.slots.free(slot)
      this.running.delete(request.controller)
      const report = stopped ? undefined : explainExit(label, exitCode, signal)?.toJSON()
      // Its last words first: the traceback explains the report.
      await Promise.race([Promise.all([closed(process.stdout), closed(process.stderr)]), delay(200)])
      this.ended(request.controller, { exitCode, signal, report })
    })
  }

  private waitForExtern(id: number, robot: string): void {
    const token = randomBytes(12).toString('base64url')
    this.waiting.set(token, { id, robot })
    this.context.externWaits(robot, token)
  }

  /** Connects an extern controller that names its robot by token. Returns false when nobody waits for it. */
  connectExtern(token: string, stream: Duplex): boolean {
    const waiting = this.waiting.get(token)
    if (!waiting) return false
    if (this.running.has(waiting.id)) return false
    this.carry({ id: waiting.id, robot: waiting.robot, pid: undefined }, stream, () => stream.destroy())
    this.context.toSimulator({ type: 'controller-started', controller: waiting.id })
    stream.once('close', () => {
      if (!this.running.delete(waiting.id)) return
      this.ended(waiting.id, { exitCode: 0, signal: null })
    })
    return true
  }

  private carry(
    { id, robot, pid }: { id: number; robot: string; pid: number | undefined },
    stream: Duplex,
    stop: () => void,
  ): void {
    const { now } = this.context
    const entry: Running = {
      robot,
      pid,
      answeredAt: now(),
      spokeAt: now(),
      stop,
      write: (bytes) => {
        entry.answeredAt = now()
        if (!stream.destroyed) stream.write(bytes)
      },
    }
    this.running.set(id, entry)
    stream.on('data', (chunk: Buffer) => {
      entry.spokeAt = now()
      // The slowest part sets the pace: a controller that floods is simply read later.
      if (!this.context.toSimulator({ type: 'controller-data', controller: id }, chunk)) {
        stream.pause()
        this.context.onSimulatorDrained(() => stream.resume())
      }
    })
  }

  deliver(id: number, bytes: Uint8Array): void {
    this.running.get(id)?.write(bytes)
  }

  stop(id: number): void {
    for (const [token, waiting] of this.waiting) if (waiting.id === id) this.waiting.delete(token)
    this.running.get(id)?.stop()
  }

  stopAll(): void {
    this.waiting.clear()
    for (const entry of this.running.values()) entry.stop()
  }

  get pids(): number[] {
    return [...this.running.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** Ends controllers that have owed an answer for longer than this, in milliseconds. */
  endHanging(limitMs: number): void {
    for (const [id, entry] of this.running) {
      const owed = entry.spokeAt <= entry.answeredAt
      if (!owed || this.context.now() - entry.answeredAt < limitMs) continue
      this.running.delete(id)
      entry.stop()
      this.ended(id, {
        exitCode: null,
        signal: 'SIGKILL',
        report: {
          code: 'CONTROLLER_LIMIT_EXCEEDED',
          message: `The controller of robot "${entry.robot}" was ended: it did not call step() for ${Math.round(limitMs / 1000)} s. Look for an endless loop without robot.step() and reset.`,
        },
      })
    }
  }

  private ended(
    controller: number,
    status: { exitCode: number | null; signal: string | null; report?: ErrorReport },
  ): void {
    this.context.toSimulator({ type: 'controller-ended', controller, ...status })
  }
}

function closed(stream: {
  readableEnded: boolean
  once(event: 'end' | 'close', listener: () => void): unknown
}): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded) return resolve()
    stream.once('end', resolve)
    stream.once('close', resolve)
  })
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
