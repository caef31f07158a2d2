import type { Diagnostic, ErrorReport, LabelUpdate, NodeUpdate, SimulatorToServer, WorldFrame } from '@simyard/protocol'
import { Ink } from './ink.js'

export type LoadedWorld = Extract<SimulatorToServer, { type: 'loaded' }>
export type ConsoleLine = Extract<SimulatorToServer, { type: 'console' }>

/** The newest part of the console that a viewer who comes later still gets. */
const CONSOLE_LINES_KEPT = 200

/** What is so at this moment, merged from all that a simulator has said: enough to tell who comes later everything. */
export class StandingState {
  private world: LoadedWorld | undefined
  private loadFailure: { readonly error: ErrorReport; readonly diagnostics: readonly Diagnostic[] } | undefined
  private runMode: 'pause' | 'real-time' | 'fast' = 'pause'
  private simulatedMs = 0
  private readonly nodes = new Map<number, NodeUpdate>()
  private nodeCharacters = 0
  private readonly labels = new Map<number, LabelUpdate>()
  private surroundings: Extract<SimulatorToServer, { type: 'surroundings' }> | undefined
  private readonly lines: ConsoleLine[] = []
  private readonly ink = new Ink()

  get loaded(): LoadedWorld | undefined {
    return this.world
  }

  get failure(): { readonly error: ErrorReport; readonly diagnostics: readonly Diagnostic[] } | undefined {
    return this.loadFailure
  }

  get mode(): 'pause' | 'real-time' | 'fast' {
    return this.runMode
  }

  /** A viewer has asked for it; the simulator's own word follows. */
  set mode(mode: 'pause' | 'real-time' | 'fast') {
    this.runMode = mode
  }

  get timeMs(): number {
    return this.simulatedMs
  }

  get consoleLines(): readonly ConsoleLine[] {
    return this.lines
  }

  get allLabels(): Iterable<LabelUpdate> {
    return this.labels.values()
  }

  /** All that pens have drawn; undefined when nothing was. */
  get strokes(): Ink['event'] {
    return this.ink.event
  }

  /** Characters of memory that a simulator can fill: fields of nodes, labels, points of pens. */
  get size(): number {
    return this.nodeCharacters + 200 * this.labels.size + 60 * this.ink.pointCount
  }

  /** The whole state of the world. */
  get frame(): WorldFrame {
    return { timeMs: this.simulatedMs, updates: [...this.nodes.values()], labels: [...this.labels.values()] }
  }

  take(message: SimulatorToServer): void {
    switch (message.type) {
      case 'loaded':
        this.leave()
        this.world = message
        return
      case 'load-failed':
        this.leave()
        this.loadFailure = message
        return
      case 'frame':
        return this.merge(message.frame, message.full)
      case 'mode':
        this.runMode = message.mode
        this.simulatedMs = message.timeMs
        return
      case 'robots':
        if (this.world) this.world = { ...this.world, robots: message.robots }
        return
      case 'node-removed':
        for (const id of [message.id, ...message.inside]) this.forget(id)
        return
      case 'surroundings':
        this.surroundings = message
        return
      case 'ink':
        return this.ink.add(message)
      case 'console':
        this.lines.push(message)
        if (this.lines.length > CONSOLE_LINES_KEPT) this.lines.shift()
    }
  }

  /** The world is gone; the console stays. */
  leave(): void {
    this.world = undefined
    this.loadFailure = undefined
    this.nodes.clear()
    this.nodeCharacters = 0
    this.labels.clear()
    this.surroundings = undefined
    this.ink.clear()
    this.simulatedMs = 0
    this.runMode = 'pause'
  }

  /** The same in a simulator's words, in an order in which it could have been said. */
  retold(): SimulatorToServer[] {
    if (this.loadFailure) return [...this.lines, { type: 'load-failed', ...this.loadFailure }]
    if (!this.world) return [...this.lines]
    const { ink, surroundings } = this
    return [
      ...this.lines,
      this.world,
      { type: 'frame', frame: this.frame, full: true },
      { type: 'mode', mode: this.runMode, timeMs: this.simulatedMs, by: 'request' },
      ...(surroundings ? [surroundings] : []),
      ...(ink.event ? [ink.event] : []),
    ]
  }

  private merge({ timeMs, updates, labels = [] }: WorldFrame, full: boolean): void {
    this.simulatedMs = timeMs
    if (full) {
      this.nodes.clear()
      this.nodeCharacters = 0
    }
    for (const update of updates) {
      const before = this.nodes.get(update.id)
      for (const field in update) this.nodeCharacters += lengthOf(update[field]) - lengthOf(before?.[field])
      this.nodes.set(update.id, { ...before, ...update })
    }
    for (const label of labels) this.labels.set(label.id, label)
  }

  private forget(id: number): void {
    const before = this.nodes.get(id)
    for (const field in before) this.nodeCharacters -= lengthOf(before[field])
    this.nodes.delete(id)
  }
}

/** About what a field takes, its name and its place in the map included. */
function lengthOf(value: NodeUpdate[string] | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'string') return 40 + value.length
  if (typeof value === 'number') return 40
  return value.reduce((sum, part) => sum + part.length, 40)
}
