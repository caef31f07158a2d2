import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type ErrorReport, readWebotsLine, reportError, SimyardError, setUpError } from '@simyard/protocol'
import { refuseUpgrade, sendError } from '@simyard/service-host'
import type { PlacementSpec } from '../placement/placement.js'
import { listWorlds } from '../project/project-files.js'
import type { Stage } from '../stage.js'
import type { Instance } from './instance.js'
import { sessionEnded } from './instance.js'
import { ProjectFolder } from './project-folder.js'

/** A program with a stream of its own that runs a world of a folder: Webots, on this machine or in a container. */
export interface ForeignProgram {
  /** On this machine; undefined in a container. */
  readonly pid: number | undefined
  onLine(listener: (line: string) => void): void
  readonly exited: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
  stop(): void
}

export interface ForeignInstanceContext {
  readonly stage: Stage
  readonly startTimeoutMs: number
  /** The name of the program in sentences: 'Webots'. */
  readonly program: string
  launch(spec: PlacementSpec, projectDir: string, world: string): Promise<ForeignProgram>
}

/** The last lines of a program that failed explain it. */
const LAST_LINES_KEPT = 5

/**
 * A simulation whose program serves its own stream: the server starts it on a port, reads what it prints, and tells the
 * visitor when it is ready and why it ended. Requests for the stream that arrive at our port are passed on.
 */
export class ForeignInstance implements Instance {
  readonly port: number
  readonly project: string
  readonly world: string
  readonly viewers = undefined
  readonly viewersBehind = undefined
  running = false
  private readonly folder: ProjectFolder
  private readonly lastLines: string[] = []
  private program: ForeignProgram | undefined
  private readyTimer: NodeJS.Timeout | undefined
  private ready = false
  private closed = false

  constructor(
    private readonly context: ForeignInstanceContext,
    private readonly spec: PlacementSpec,
  ) {
    this.port = spec.port
    this.project = spec.project
    this.world = spec.world
    this.folder = new ProjectFolder(context.stage, spec.port, spec.prepared)
  }

  get pids(): readonly number[] {
    return this.program?.pid === undefined ? [] : [this.program.pid]
  }

  async open(): Promise<void> {
    const { spec, context } = this
    try {
      await this.folder.fill()
      const worlds = await listWorlds(this.folder.path)
      if (!worlds.includes(this.world)) {
        throw new SimyardError(
          'WORLD_NOT_FOUND',
          `${setUpError.missingWorld(this.world)}${worlds.length > 0 ? ` The project has: ${worlds.join(', ')}.` : ''}`,
        )
      }
      if (this.closed) return
      const program = await context.launch(spec, this.folder.path, join(this.folder.path, this.world))
      this.program = program
      if (this.closed) return program.stop()
      program.onLine((line) => this.onLine(line))
      spec.events.started()
      this.readyTimer = setTimeout(
        () =>
          this.end({
            code: 'SIMULATOR_TIMEOUT',
            message: `${context.program} was not ready after ${Math.round(context.startTimeoutMs / 1000)} s. ${this.said()}`,
          }),
        context.startTimeoutMs,
      )
      const { exitCode, signal } = await program.exited
      const how = signal ? `by signal ${signal}` : `with code ${exitCode}`
      this.end({
        code: this.ready ? 'SIMULATOR_CRASHED' : 'SIMULATOR_START_FAILED',
        message: `${context.program} ended ${this.ready ? '' : 'before it was ready '}(${how}). Start the simulation again. ${this.said()}`,
      })
    } catch (error) {
      this.end(reportError(error))
    }
  }

  private said(): string {
    return this.lastLines.length > 0 ? `It said: ${this.lastLines.join(' | ')}` : ''
  }

  private onLine(line: string): void {
    const { events } = this.spec
    const meaning = readWebotsLine(line)
    switch (meaning.type) {
      case 'alive':
        if (this.ready) return
        this.ready = true
        clearTimeout(this.readyTimer)
        events.ready()
        return events.loaded()
      case 'mode':
        this.running = meaning.running
        return
      case 'reset':
        return
      case 'other':
        if (line.trim() === '') return
        this.lastLines.push(line)
        if (this.lastLines.length > LAST_LINES_KEPT) this.lastLines.shift()
    }
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const onward = httpRequest(
      { host: '127.0.0.1', port: this.spec.programPort, method: request.method, path, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => {
      if (response.headersSent) response.destroy()
      else sendError(response, { code: 'SIMULATOR_TIMEOUT', message: `${this.context.program} does not answer.` })
    })
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const onward = connect({ host: '127.0.0.1', port: this.spec.programPort }, () => {
      const headers: string[] = []
      for (let index = 0; index < request.rawHeaders.length; index += 2)
        headers.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
      onward.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      onward.write(head)
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.setNoDelay(true)
    let connected = false
    onward.once('connect', () => {
      connected = true
    })
    onward.on('error', () => {
      if (connected) socket.destroy()
      else refuseUpgrade(socket, 502, `${this.context.program} does not answer.`)
    })
    socket.on('error', () => onward.destroy())
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
  }

  resetController(path: string): Promise<void> {
    return this.folder.restore(path)
  }

  private end(error: ErrorReport): void {
    if (this.closed) return
    this.close(error)
    this.spec.events.ended(error)
  }

  close(_reason: ErrorReport = sessionEnded): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.readyTimer)
    this.running = false
    const { program } = this
    program?.stop()
    // Its files go when it has let go of them.
    if (program) void program.exited.catch(() => undefined).then(() => this.folder.remove())
    else this.folder.remove()
  }
}
