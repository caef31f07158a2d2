import { type ErrorReport, type RunMode, reportError, type WorldFrame } from '@simyard/protocol'
import type { Simulation } from './simulation.js'

/** The clock and timers of where the simulation runs; milliseconds of wall-clock time. */
export interface RunnerClock {
  now(): number
  setTimer(callback: () => void, ms: number): unknown
  clearTimer(timer: unknown): void
}

export interface RunnerHost {
  frame(frame: WorldFrame, full: boolean): void
  mode(change: { mode: 'pause' | 'real-time' | 'fast'; timeMs: number; by: 'request' | 'limit' | 'simulation' }): void
  speed(speed: { realTimeFactor: number; reason?: string }): void
  /** The world cannot go on; it is paused. */
  failed(error: ErrorReport): void
}

export interface RunnerOptions {
  readonly simulation: Simulation
  readonly clock: RunnerClock
  readonly host: RunnerHost
  /** How long the world waits for a controller to start, and to ask for its next step. */
  readonly controllerStartMs?: number
  readonly controllerStepMs?: number
}

const DEFAULT_START_MS = 10_000
const DEFAULT_STEP_MS = 1000
/** A simulation that is further behind does not try to catch up: it says that it is slow. */
const MAX_BACKLOG_MS = 200
/** Fast mode gives way to messages this often. */
const BATCH_MS = 12
const SPEED_INTERVAL_MS = 1000

/** Drives a simulation by the wall clock: pause, step, real time, as fast as it goes. */
export class SimulationRunner {
  private mode: 'pause' | 'real-time' | 'fast' = 'pause'
  private stepRequested = false
  private untilMs = Number.POSITIVE_INFINITY
  private timer: unknown
  /** Wall-clock and simulated time that belong together in real-time mode. */
  private anchor = { wall: 0, simulated: 0 }
  private lastFrameAt = Number.NEGATIVE_INFINITY
  private waitingSince: number | undefined
  private measured = { wall: 0, simulated: 0, waiting: 0 }
  /** A change that viewers of a paused world have not seen. */
  private untold = false
  private closed = false

  constructor(private readonly options: RunnerOptions) {}

  get currentMode(): 'pause' | 'real-time' | 'fast' {
    return this.mode
  }

  setMode(mode: RunMode, untilMs = Number.POSITIVE_INFINITY): void {
    this.untilMs = untilMs
    if (mode === 'step') {
      this.mode = 'pause'
      this.stepRequested = true
    } else {
      const before = this.mode
      this.mode = mode
      this.stepRequested = false
      if (mode !== before || mode === 'pause') this.startMeasuring()
      this.tellMode('request')
    }
    this.waitingSince = undefined
    this.run()
  }

  /** A controller spoke or left. */
  controllersChanged(): void {
    if (this.mode === 'pause' && !this.stepRequested) this.options.simulation.robots.answerDue()
    else this.schedule(0)
  }

  /** The world has changed without a step: one that is paused shows it. */
  worldTouched(): void {
    if (this.mode !== 'pause' || this.stepRequested) return
    this.untold = true
    this.schedule(0)
  }

  reset(): void {
    this.options.simulation.reset()
    this.untilMs = Number.POSITIVE_INFINITY
    this.waitingSince = undefined
    this.startMeasuring()
    this.sendFrame(true)
    this.schedule(0)
  }

  sendFrame(full: boolean): void {
    this.lastFrameAt = this.options.clock.now()
    this.untold = false
    this.options.host.frame(this.options.simulation.frame(full), full)
  }

  close(): void {
    this.closed = true
    this.unschedule()
    this.options.simulation.close()
  }

  private startMeasuring(): void {
    const wall = this.options.clock.now()
    const simulated = this.options.simulation.timeMs
    this.anchor = { wall, simulated }
    this.measured = { wall, simulated, waiting: 0 }
  }

  private schedule(ms: number): void {
    this.unschedule()
    if (!this.closed) this.timer = this.options.clock.setTimer(() => this.run(), ms)
  }

  private unschedule(): void {
    if (this.timer !== undefined) this.options.clock.clearTimer(this.timer)
    this.timer = undefined
  }

  private run(): void {
    this.unschedule()
    if (this.untold && !this.closed) this.sendFrame(false)
    const { simulation, clock } = this.options
    const batchEnd = clock.now() + BATCH_MS
    try {
      while (!this.closed && (this.mode !== 'pause' || this.stepRequested)) {
        if (this.waits()) return
        if (this.mode === 'real-time' && !this.stepRequested) {
          const ahead = this.aheadMs()
          if (ahead > 0) {
            this.tellSpeed()
            return this.schedule(ahead)
          }
        }
        simulation.step()
        this.afterStep()
        if (clock.now() >= batchEnd) return this.schedule(0)
      }
    } catch (error) {
      this.mode = 'pause'
      this.stepRequested = false
      this.tellMode('simulation')
      this.options.host.failed(reportError(error))
    }
  }

  /** Simulated time that is ahead of the wall clock, milliseconds. */
  private aheadMs(): number {
    const { simulation, clock } = this.options
    const target = this.anchor.simulated + (clock.now() - this.anchor.wall)
    const ahead = simulation.timeMs + simulation.basicTimeStepMs - target
    if (ahead < -MAX_BACKLOG_MS) this.anchor = { wall: clock.now(), simulated: simulation.timeMs }
    return ahead
  }

  /** Whether a controller has to speak first; sets the timer after which the world goes on without it. */
  private waits(): boolean {
    const { simulation, clock } = this.options
    if (simulation.robots.awaited().length === 0) {
      if (this.waitingSince !== undefined) this.measured.waiting += clock.now() - this.waitingSince
      this.waitingSince = undefined
      return false
    }
    const limit = simulation.robots.awaitsStart
      ? (this.options.controllerStartMs ?? DEFAULT_START_MS)
      : (this.options.controllerStepMs ?? DEFAULT_STEP_MS)
    this.waitingSince ??= clock.now()
    const left = this.waitingSince + limit - clock.now()
    if (left <= 0) {
      simulation.robots.goOnWithout(limit)
      // What the clock did meanwhile is not to be caught up.
      this.startMeasuring()
      this.waitingSince = undefined
      return false
    }
    this.schedule(left)
    return true
  }

  private afterStep(): void {
    const { simulation, clock } = this.options
    const single = this.stepRequested
    this.stepRequested = false
    const due = clock.now() - this.lastFrameAt >= 1000 / simulation.fps
    const limitReached = !single && simulation.timeMs >= this.untilMs
    if (single || due || limitReached) this.sendFrame(false)
    if (single) return this.tellMode('request')
    if (limitReached) {
      this.mode = 'pause'
      this.untilMs = Number.POSITIVE_INFINITY
      return this.tellMode('limit')
    }
    this.tellSpeed()
  }

  private tellMode(by: 'request' | 'limit' | 'simulation'): void {
    this.options.host.mode({ mode: this.mode, timeMs: this.options.simulation.timeMs, by })
  }

  private tellSpeed(): void {
    const { simulation, clock } = this.options
    const now = clock.now()
    const wall = now - this.measured.wall
    if (wall < SPEED_INTERVAL_MS) return
    const realTimeFactor = (simulation.timeMs - this.measured.simulated) / wall
    const slow = this.mode === 'real-time' && realTimeFactor < 0.95
    const reason = slow
      ? this.measured.waiting > wall / 3
        ? 'The simulation waits for a controller most of the time: its loop takes long.'
        : 'This machine cannot compute the world any faster.'
      : undefined
    this.options.host.speed({ realTimeFactor, ...(reason ? { reason } : {}) })
    this.measured = { wall: now, simulated: simulation.timeMs, waiting: 0 }
  }
}
