import { FrameEncoder, type SceneFrame, sceneFrame } from '@simyard/frames'
import {
  decodeStreamRequest,
  type ErrorReport,
  encodePicture,
  type OwnStreamEvent,
  type RobotSummary,
  type ServerToSimulator,
  type SimulatorToServer,
  type StreamDialect,
  type StreamRequest,
  streamMessage,
  type WorldFrame,
} from '@simyard/protocol'
import { ControllerFiles } from './controller-files.js'
import { RunControl } from './run-control.js'
import { SceneTexts } from './scene-texts.js'
import { type ConsoleLine, StandingState } from './standing-state.js'
import type { StreamActions } from './stream-actions.js'
import { type StreamMeter, Viewer, type ViewerLink } from './viewer.js'
import { WatchList } from './watch-list.js'
import { WindowTexts } from './window-texts.js'

/** A state that is older is told again as that of now to who comes. */
const STILL_MS = 100

/** How a viewer is let in. */
export interface ViewerAdmission {
  /** It may not change the run, whatever it says. */
  readonly watchesOnly?: boolean
  /** Until it says a word that only the other one has. */
  readonly dialect?: StreamDialect
}

/**
 * One simulation's stream: the scene, its state, its mode and its console, for any number of viewers in either dialect.
 * It keeps the merged state, so that a viewer who comes late or reads slowly sees the newest state and nobody waits.
 * No sockets and no clock in here.
 */
export class StreamHub {
  private readonly viewers = new Set<Viewer>()
  private readonly state = new StandingState()
  private readonly scenes: SceneTexts<Viewer>
  private readonly controllers: ControllerFiles
  private readonly run: RunControl
  private readonly announced = new Map<string, OwnStreamEvent>()
  private readonly watching = new WatchList<Viewer>()
  private readonly devices = new Map<string, OwnStreamEvent>()
  private readonly windowTexts = new WindowTexts<Viewer>((viewer, { robot, text }) =>
    viewer.send(streamMessage.robotMessage(viewer.dialect, robot, text)),
  )
  /** There while somebody takes binary frames. */
  private encoder: FrameEncoder | undefined
  private newestAtMs = 0

  constructor(
    private readonly actions: StreamActions,
    private readonly defaultDialect: StreamDialect,
    /** Wall-clock milliseconds. */
    private readonly now: () => number,
    private readonly meter?: StreamMeter,
  ) {
    this.scenes = new SceneTexts((message) => this.actions.toSimulator(message))
    this.controllers = new ControllerFiles(actions)
    this.run = new RunControl({
      state: this.state,
      actions,
      controllers: this.controllers,
      running: (viewer) => this.tellMode(viewer),
      refuse: (viewer, text) => this.refuse(viewer, text),
    })
  }

  get viewerCount(): number {
    return this.viewers.size
  }

  /** Of the viewers that acknowledge: how much older their pictures are than the newest one. */
  get ages(): readonly number[] {
    return [...this.viewers].flatMap(({ ageMs }) => ageMs ?? [])
  }

  /** Viewers to whom frames are not sent at the moment. */
  get viewersBehind(): number {
    return [...this.viewers].filter(({ behind }) => behind).length
  }

  get running(): boolean {
    return this.state.mode !== 'pause'
  }

  get simulatedMs(): number {
    return this.state.timeMs
  }

  /** Characters that the simulator has filled with what stands. */
  get standingSize(): number {
    return this.state.size
  }

  attach(
    link: ViewerLink,
    { watchesOnly = false, dialect = this.defaultDialect }: ViewerAdmission = {},
  ): { receive(text: string): void; detach(): void } {
    const viewer = new Viewer(link, dialect, this.now, this.meter, watchesOnly)
    this.viewers.add(viewer)
    return {
      receive: (text) => this.receive(viewer, text),
      detach: () => {
        this.viewers.delete(viewer)
        if (![...this.viewers].some(({ binary }) => binary)) this.encoder = undefined
        this.windowTexts.close(viewer)
        this.watch(this.watching.remove(viewer))
      },
    }
  }

  /** An event that also viewers who come later get, until it is replaced; one for each `key`. */
  announce(key: string, event: OwnStreamEvent): void {
    this.announced.set(key, event)
    this.toOwn(event)
  }

  /** What was announced is no longer so: pages that come from now on do not learn it. */
  withdraw(key: string): void {
    this.announced.delete(key)
  }

  console(robot: string | undefined, stream: 'stdout' | 'stderr', line: string): void {
    const event = { type: 'console', robot, stream, line } as const
    this.state.take(event)
    for (const viewer of this.viewers) this.sendConsole(viewer, event)
  }

  private sendConsole(viewer: Viewer, event: ConsoleLine): void {
    if (!viewer.subscribed) return
    if (viewer.own) viewer.send(streamMessage.own(event))
    else viewer.send(streamMessage.console(event.stream, event.robot ? `[${event.robot}] ${event.line}` : event.line))
  }

  /** The simulation is over; everybody is told why. */
  end(error: ErrorReport): void {
    this.toOwn({ type: 'ended', error })
    for (const viewer of this.viewers) {
      if (!viewer.own) viewer.send(streamMessage.console('stderr', error.message))
      viewer.link.close(1001, error.code)
    }
    this.viewers.clear()
  }

  // ---- from viewers -------------------------------------------------------------------------------------------

  private receive(viewer: Viewer, text: string): void {
    const request = decodeStreamRequest(text)
    if (!request) {
      const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
      return this.refuse(viewer, `This message is not part of the stream protocol: ${JSON.stringify(shown)}`)
    }
    if (viewer.broadcast && changesTheRun(request)) {
      if (request.type === 'drive') this.refuse(viewer, 'This page only watches: it drives no motors.')
      return
    }
    this.perform(viewer, request)
  }

  private perform(viewer: Viewer, request: StreamRequest): void {
    switch (request.type) {
      case 'hello':
        viewer.own = true
        viewer.chooseFrames(request.frames ?? 'json')
        if (viewer.hasScene) this.sendState(viewer)
        return
      case 'ack': {
        const ageMs = viewer.acknowledge(request.frame)
        if (ageMs !== undefined) viewer.send(streamMessage.own({ type: 'line', ageMs: Math.round(ageMs) }))
        if (this.encoder && viewer.hasScene) viewer.sendNewest(this.encoder)
        return
      }
      case 'subscribe':
        // The other word for the same, from a page that had no answer yet: its scene is on its way.
        if (viewer.subscribed && !viewer.hasScene) return
        if (request.dialect) viewer.dialect = request.dialect
        viewer.broadcast = viewer.watchesOnly || request.broadcast
        return this.subscribe(viewer)
      case 'subscribe-mjpeg':
        return this.refuse(
          viewer,
          'This simulation is streamed as a 3D scene, not as pictures: subscribe with x3d or w3d.',
        )
      case 'pause':
      case 'step':
      case 'run':
      case 'timeout':
      case 'reset':
      case 'reload':
      case 'load':
        return this.run.perform(viewer, request)
      case 'robot-window-opened':
        // Windows by themselves are of the newer releases, and subscribe to nothing.
        if (!viewer.subscribed) viewer.dialect = '2022'
        return this.windowTexts.open(viewer, request.robot)
      case 'robot-message':
        return this.actions.toSimulator({ type: 'robot-message', robot: request.robot, message: request.message })
      case 'get-controller':
      case 'sync-controller': {
        viewer.dialect = '2019'
        const only = request.type === 'sync-controller' ? request.file : undefined
        return this.controllers.afterWrites(() =>
          this.controllers.read(
            request.controller,
            only,
            (text) => viewer.send(text),
            (message) => this.refuse(viewer, message),
          ),
        )
      }
      case 'set-controller':
        return this.controllers.write(request.controller, request.file, request.content, (message) =>
          this.refuse(viewer, message),
        )
      case 'watch':
        this.watch(this.watching.set(viewer, request))
        for (const [robot, event] of this.devices) {
          if (this.watching.watchesRobot(viewer, robot)) viewer.send(streamMessage.own(event))
        }
        return
      case 'drive':
        return this.actions.toSimulator(request)
      case 'ignored':
        return
    }
  }

  private watch(message: ServerToSimulator | undefined): void {
    if (message) this.actions.toSimulator(message)
  }

  private refuse(viewer: Viewer, message: string): void {
    if (viewer.own) viewer.send(streamMessage.own({ type: 'error', error: { code: 'STREAM_BAD_MESSAGE', message } }))
    else if (viewer.subscribed) viewer.send(streamMessage.console('stderr', message))
  }

  private subscribe(viewer: Viewer): void {
    const first = !viewer.subscribed
    viewer.subscribed = true
    // A viewer who may control the run gets it paused, as Webots does, unless somebody is watching it already. Our own
    // pages come back to a run whose line broke, and want it as it goes.
    if (!viewer.broadcast && !viewer.own && this.running && first && this.viewers.size === 1) {
      this.actions.toSimulator({ type: 'mode', mode: 'pause' })
    }
    if (viewer.own) for (const event of this.announced.values()) viewer.send(streamMessage.own(event))
    for (const event of this.state.consoleLines) this.sendConsole(viewer, event)
    if (this.state.failure) this.sendFailure(viewer)
    else if (this.state.loaded) this.sendScene(viewer)
  }

  // ---- to viewers ---------------------------------------------------------------------------------------------

  private sendScene(viewer: Viewer): void {
    const xml = this.scenes.get(viewer.dialect === '2019' ? 'x3d-2019' : 'x3d', viewer)
    if (xml !== undefined) this.sendSceneText(viewer, xml)
  }

  private sendSceneText(viewer: Viewer, xml: string): void {
    const { loaded, mode, timeMs, allLabels, strokes } = this.state
    if (!loaded) return
    viewer.hasScene = true
    viewer.send(streamMessage.world(viewer.dialect, loaded.world, this.actions.worlds()))
    const robots = loaded.robots.filter((robot) => robot.window !== '<none>')
    const windows = robots.map(({ name, window, main }) => streamMessage.robotWindow(name, window, main))
    viewer.startOver()
    if (viewer.dialect === '2022') {
      for (const window of windows) viewer.send(window)
      viewer.send(streamMessage.sceneLoadCompleted)
    }
    viewer.send(streamMessage.model(xml))
    this.sendState(viewer)
    if (viewer.dialect === '2019') for (const label of allLabels) viewer.send(streamMessage.label(label))
    else for (const window of windows) viewer.send(window)
    viewer.send(streamMessage.sceneLoadCompleted)
    viewer.send(mode === 'pause' ? streamMessage.paused(viewer.dialect, timeMs) : streamMessage.running(mode))
    if (viewer.own) {
      if (strokes) viewer.send(streamMessage.own(strokes))
      for (const diagnostic of loaded.diagnostics) viewer.send(streamMessage.own({ type: 'diagnostic', diagnostic }))
    }
  }

  /** The whole state, in the viewer's form. */
  private sendState(viewer: Viewer): void {
    const state = this.state.frame
    if (viewer.link.sendFrame) return viewer.link.sendFrame(sceneFrame(state))
    if (!viewer.binary) return viewer.send(streamMessage.frame(viewer.dialect, state), 'json')
    if (!this.encoder) {
      this.encoder = new FrameEncoder()
      this.encoder.add(sceneFrame(state), this.now())
    } else if (this.now() - this.newestAtMs > STILL_MS) {
      // It is the state now, too: a frame of long ago would say that it is old.
      this.encoder.add({ timeMs: state.timeMs, poses: [], fields: [], labels: [] }, this.now())
    }
    this.newestAtMs = this.now()
    viewer.sendNewest(this.encoder)
  }

  private sendFailure(viewer: Viewer): void {
    const { failure } = this.state
    if (!failure) return
    if (viewer.own) viewer.send(streamMessage.own({ type: 'error', error: failure.error }))
    else viewer.send(streamMessage.console('stderr', failure.error.message))
  }

  /** Mode replies go to who asked; our own viewers all learn of them. */
  private tellMode(requester: Viewer): void {
    const { mode } = this.state
    if (mode === 'pause') return
    for (const viewer of this.viewers) {
      if (!viewer.subscribed) continue
      if (viewer === requester ? viewer.dialect === '2022' : viewer.own) viewer.send(streamMessage.running(mode))
    }
  }

  private toOwn(event: OwnStreamEvent): void {
    for (const viewer of this.viewers) if (viewer.own && viewer.subscribed) viewer.send(streamMessage.own(event))
  }

  /** To viewers who have the scene that the message is about. */
  private toWatching(text: (dialect: StreamDialect) => string | undefined): void {
    for (const viewer of this.viewers) {
      const message = viewer.hasScene ? text(viewer.dialect) : undefined
      if (message !== undefined) viewer.send(message)
    }
  }

  private toSubscribed(text: (dialect: StreamDialect) => string): void {
    for (const viewer of this.viewers) if (viewer.subscribed) viewer.send(text(viewer.dialect))
  }

  // ---- from the simulator -------------------------------------------------------------------------------------

  /** Handles what concerns viewers. Returns false for messages that are somebody else's. */
  onSimulator(message: SimulatorToServer, body: Uint8Array): boolean {
    switch (message.type) {
      case 'loading':
        for (const viewer of this.viewers) viewer.send(streamMessage.loading(message.phase, message.percent))
        return true
      case 'loaded':
        this.forgetScene()
        this.state.take(message)
        this.announce('robots', { type: 'robots', robots: message.robots })
        for (const viewer of this.viewers) if (viewer.subscribed) this.sendScene(viewer)
        this.watch(this.watching.renew())
        return true
      case 'devices':
        this.devices.set(message.robot, message)
        for (const viewer of this.viewers) {
          if (this.watching.watchesRobot(viewer, message.robot)) viewer.send(streamMessage.own(message))
        }
        return true
      case 'ink':
        this.state.take(message)
        for (const viewer of this.viewers) if (viewer.own && viewer.hasScene) viewer.send(streamMessage.own(message))
        return true
      case 'readings':
        this.onReadings(message)
        return true
      case 'picture': {
        const picture = encodePicture(message, body)
        for (const viewer of this.viewers) {
          if (!viewer.behind && this.watching.watchesPicture(viewer, message.robot, message.device))
            viewer.sendBytes(picture)
        }
        return true
      }
      case 'load-failed':
        this.forgetScene()
        this.state.take(message)
        for (const viewer of this.viewers) if (viewer.subscribed) this.sendFailure(viewer)
        return true
      case 'scene': {
        const xml = new TextDecoder().decode(body)
        for (const viewer of this.scenes.answer(message.request, xml)) {
          if (this.viewers.has(viewer)) this.sendSceneText(viewer, xml)
        }
        return true
      }
      case 'frame':
        this.state.take(message)
        this.onFrame(message.frame, message.full)
        return true
      case 'mode':
        this.onMode(message)
        return true
      case 'reset-finished':
        this.toSubscribed(() => streamMessage.resetFinished)
        return true
      case 'speed':
        this.toOwn(message)
        return true
      case 'surroundings':
        this.state.take(message)
        this.announce('surroundings', message)
        return true
      case 'sound':
        this.toOwn(message)
        return true
      case 'console':
        this.console(message.robot, message.stream, message.line)
        return true
      case 'diagnostic': {
        const { diagnostic } = message
        this.toOwn({ type: 'diagnostic', diagnostic })
        for (const viewer of this.viewers) {
          if (!viewer.own && viewer.subscribed) viewer.send(streamMessage.console('stderr', diagnostic.message))
        }
        return true
      }
      case 'robot-message':
        this.windowTexts.say(
          message.robot,
          message.message,
          [...this.viewers].filter(({ subscribed }) => subscribed),
        )
        return true
      case 'node-added':
        this.scenes.change()
        // Whoever still waits for the scene gets one with this node in it.
        this.toWatching((dialect) => {
          const xml = message.xml[dialect === '2019' ? 'x3d-2019' : 'x3d']
          return xml === '' ? undefined : streamMessage.node(message.parentId, xml)
        })
        return true
      case 'node-removed': {
        this.scenes.change()
        this.state.take(message)
        const gone = [message.id, ...message.inside]
        for (const viewer of this.viewers) viewer.forget(gone)
        this.encoder?.remove(gone)
        this.toWatching(() => streamMessage.deleteNode(message.id))
        return true
      }
      case 'robots':
        this.onRobots(message)
        return true
      default:
        return false
    }
  }

  /** A world is about to be loaded in place of this one. */
  worldLeaves(): void {
    if (this.state.loaded) this.toSubscribed((dialect) => streamMessage.deleteWorld(dialect))
    this.forgetScene()
  }

  private forgetScene(): void {
    for (const viewer of this.viewers) viewer.hasScene = false
    this.scenes.leave()
    this.announced.delete('robots')
    this.devices.clear()
    this.windowTexts.forget()
    this.state.leave()
    this.encoder?.restart()
  }

  private onFrame(frame: WorldFrame, full: boolean): void {
    this.newestAtMs = this.now()
    let typed: SceneFrame | undefined
    const typedFrame = () => {
      typed ??= sceneFrame(frame)
      return typed
    }
    if (full) this.encoder?.restart()
    this.encoder?.add(typedFrame(), this.newestAtMs)
    const encoded = new Map<StreamDialect, string>()
    for (const viewer of this.viewers) {
      if (!viewer.hasScene) continue
      if (viewer.link.sendFrame) {
        viewer.link.sendFrame(typedFrame())
        continue
      }
      if (viewer.binary && this.encoder) {
        viewer.sendNewest(this.encoder)
        continue
      }
      if (viewer.behind) {
        viewer.miss(frame.updates, frame.labels)
        continue
      }
      const missed = viewer.catchUp(frame.updates, frame.labels)
      if (missed) {
        viewer.send(streamMessage.frame(viewer.dialect, { timeMs: frame.timeMs, ...missed }), 'json')
        continue
      }
      let text = encoded.get(viewer.dialect)
      if (text === undefined) {
        text = streamMessage.frame(viewer.dialect, frame)
        encoded.set(viewer.dialect, text)
      }
      viewer.send(text, 'json')
      if (viewer.dialect === '2019') for (const label of frame.labels ?? []) viewer.send(streamMessage.label(label))
    }
  }

  private onReadings({ robots, contacts, timeMs }: Extract<SimulatorToServer, { type: 'readings' }>): void {
    for (const viewer of this.viewers) {
      if (viewer.behind) continue
      const mine = robots.filter(({ robot }) => this.watching.watchesRobot(viewer, robot))
      const touches = this.watching.watchesContacts(viewer) ? contacts : undefined
      if (mine.length === 0 && !touches) continue
      const event = { type: 'readings', timeMs, robots: mine, ...(touches ? { contacts: touches } : {}) } as const
      viewer.send(streamMessage.own(event))
    }
  }

  private onRobots(message: Extract<SimulatorToServer, { type: 'robots' }>): void {
    const { loaded } = this.state
    if (!loaded) return
    const windows = (list: readonly RobotSummary[]) => list.filter(({ window }) => window !== '<none>')
    const before = windows(loaded.robots)
    const now = windows(message.robots)
    this.state.take(message)
    for (const { nodeId, name, window } of before) {
      if (!now.some((robot) => robot.nodeId === nodeId))
        this.toWatching(() => streamMessage.robotWindowGone(name, window))
    }
    for (const { nodeId, name, window, main } of now) {
      if (!before.some((robot) => robot.nodeId === nodeId))
        this.toWatching(() => streamMessage.robotWindow(name, window, main))
    }
    this.announce('robots', message)
  }

  private onMode(message: Extract<SimulatorToServer, { type: 'mode' }>): void {
    const before = this.state.mode
    this.state.take(message)
    if (message.mode !== 'pause') return this.tellRunning(before, message.mode)
    const requesters = this.run.takeRequesters()
    for (const viewer of this.viewers) {
      if (!viewer.hasScene) continue
      if (requesters.has(viewer)) viewer.send(streamMessage.pausedByClient(viewer.dialect))
      else if (message.by !== 'request' || ((viewer.own || viewer.watchesOnly) && before !== 'pause')) {
        viewer.send(streamMessage.paused(viewer.dialect, message.timeMs))
      }
    }
  }

  /** Who may ask for nothing gets no answer, and hears it from here. */
  private tellRunning(before: string, mode: 'real-time' | 'fast'): void {
    if (before === mode) return
    for (const viewer of this.viewers) {
      if (viewer.watchesOnly && viewer.hasScene && (viewer.own || viewer.dialect === '2022'))
        viewer.send(streamMessage.running(mode))
    }
  }
}

function changesTheRun(request: StreamRequest): boolean {
  return !['hello', 'ack', 'watch', 'subscribe', 'subscribe-mjpeg', 'ignored', 'robot-window-opened'].includes(
    request.type,
  )
}
