import { readFileSync } from 'node:fs'
import { type Diagnostic, SimyardError, type Surroundings } from '@simyard/protocol'
import { type FileSource, getString, loadScene, type SceneNode } from '@simyard/scene'
import { Simulation } from '@simyard/simulation'
import { type FossbotHost, type FossbotOptions, FossbotWorld } from './index.js'

const root = new URL('../../../', import.meta.url)

export type FossbotAnswer = Readonly<Record<string, unknown>> & { readonly user_id: string }

/** What a program's message is answered with. */
export interface FossbotBenchOptions extends FossbotOptions {
  /** Name of a project in `projects/`; its world is loaded. */
  readonly project?: string
  /** Root nodes in the Webots language, after those of the world. */
  readonly more?: string
}

/** A whole simulation with FOSSBot's functions, without a page or a relay; wall-clock time is simulated time. */
export class FossbotBench {
  readonly replies: FossbotAnswer[] = []
  readonly errors: FossbotAnswer[] = []
  /** Both, in their order. */
  readonly answers: { readonly event: 'reply' | 'error'; readonly payload: FossbotAnswer; readonly timeMs: number }[] =
    []
  readonly lines: string[] = []
  readonly sounds: string[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly made = new Map<string, Uint8Array>()
  surroundings: Surroundings | undefined
  /** Added to simulated time to make wall-clock time. */
  wallAheadMs = 0
  simulation!: Simulation
  fossbot!: FossbotWorld

  static async open(options: FossbotBenchOptions = {}): Promise<FossbotBench> {
    const bench = new FossbotBench()
    const { project = 'fossbot', more = '' } = options
    const worldPath = `worlds/${project.replaceAll('-', '_')}.wbt`
    const world = `${readFileSync(new URL(`projects/${project}/${worldPath}`, root), 'utf8')}\n${more}`
    const url = `project:/${worldPath}`
    const files: FileSource = {
      async read(wanted) {
        if (wanted === url) return new TextEncoder().encode(world)
        const made = bench.made.get(wanted.replace('project:/', ''))
        if (made) return made
        const path = wanted.replace('asset:/', '').replace('project:/', `projects/${project}/`)
        try {
          return readFileSync(new URL(path, root))
        } catch {
          throw new SimyardError('SCENE_FILE_MISSING', `no file ${wanted}`)
        }
      },
    }
    const scene = await loadScene({ url, files })
    bench.diagnostics.push(...scene.diagnostics)
    bench.simulation = await Simulation.create({
      scene,
      seed: 1,
      host: {
        startController: () => {},
        stopController: () => {},
        sendToController: () => {},
        console: ({ line }) => bench.lines.push(line),
        diagnostic: (diagnostic) => bench.diagnostics.push(diagnostic),
        controllersChanged: () => {},
      },
    })
    const answer = (event: 'reply' | 'error', payload: FossbotAnswer): void => {
      bench.answers.push({ event, payload, timeMs: bench.simulation.timeMs })
      ;(event === 'reply' ? bench.replies : bench.errors).push(payload)
    }
    const host: FossbotHost = {
      nowMs: () => bench.simulation.timeMs + bench.wallAheadMs,
      reply: (payload) => answer('reply', payload),
      error: (payload) => answer('error', payload),
      sound: (robot, name) => bench.sounds.push(`${robot}: ${name}`),
      surroundings: (surroundings) => {
        bench.surroundings = surroundings
      },
      madeFile: (path, bytes) => bench.made.set(path, bytes),
      console: (line) => bench.lines.push(line),
      restart: () => bench.simulation.reset(),
    }
    bench.fossbot = new FossbotWorld(bench.simulation.supervisor, host, options)
    return bench
  }

  get timeMs(): number {
    return this.simulation.timeMs
  }

  /** Simulated seconds from now until `done`, or until `limit` of them are over. */
  run(limit: number, done: () => boolean = () => false): number {
    const start = this.timeMs
    while (this.timeMs - start < limit * 1000 - 1e-6 && !done()) this.simulation.step()
    return (this.timeMs - start) / 1000
  }

  send(func: string, fields: Readonly<Record<string, unknown>> = {}, user = 'user'): void {
    this.fossbot.receive({ func, user_id: user, ...fields })
  }

  /** A message to the robot `fossbot`, or to the one that the fields name. */
  tell(func: string, fields: Readonly<Record<string, unknown>> = {}, user = 'user'): void {
    this.send(func, { fossbot_name: 'fossbot', ...fields }, user)
  }

  /** A question that is answered at once. */
  ask(func: string, fields: Readonly<Record<string, unknown>> = {}, user = 'user'): unknown {
    const before = this.answers.length
    this.tell(func, fields, user)
    const [answer, ...more] = this.answers.slice(before)
    if (!answer || more.length > 0) throw new Error(`${func} was answered ${more.length + (answer ? 1 : 0)} times`)
    return answer.payload.data
  }

  /** All changes of the scene that were asked for are made. */
  async changed(): Promise<void> {
    let here = true
    const marker = this.answers.length
    this.send('change_floor_skin', { image_size: 1 }, 'marker')
    for (let i = 0; here && i < 10_000; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      here = !this.answers.slice(marker).some(({ payload }) => payload.user_id === 'marker')
    }
    if (here) throw new Error('the changes of the scene do not come to an end')
    for (const list of [this.errors, this.answers.map(({ payload }) => payload)]) {
      const at = list.findIndex((payload) => payload.user_id === 'marker')
      if (list === this.errors) list.splice(at, 1)
      else this.answers.splice(at, 1)
    }
  }

  async do(func: string, fields: Readonly<Record<string, unknown>> = {}, user = 'user'): Promise<void> {
    this.send(func, fields, user)
    await this.changed()
  }

  root(name: string): SceneNode | undefined {
    return this.simulation.supervisor.scene.nodes.find(
      (node) => (node.type === 'Solid' || node.type === 'Robot') && getString(node, 'name') === name,
    )
  }

  /** Of a root node, in the world. */
  position(name = 'fossbot'): readonly [number, number, number] {
    const node = this.root(name)
    const pose = node && this.simulation.supervisor.physics.worldPose(node.id)
    if (!pose) throw new Error(`there is no ${name}`)
    return pose.translation
  }

  /** Degrees of the robot's rotation as users count them. */
  yaw(name = 'fossbot'): number {
    const node = this.root(name)
    const pose = node && this.simulation.supervisor.physics.worldPose(node.id)
    if (!pose) throw new Error(`there is no ${name}`)
    const [x, y, z, w] = pose.rotation
    const ahead = Math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
    return (Math.atan2(-Math.sin(ahead), -Math.cos(ahead)) * 180) / Math.PI
  }

  speed(name = 'fossbot'): { readonly linear: number; readonly angular: number } {
    const node = this.root(name)
    const velocity = node && this.simulation.supervisor.physics.velocity(node.id)
    if (!velocity) throw new Error(`there is no ${name}`)
    return { linear: Math.hypot(...velocity.linear), angular: velocity.angular[2] }
  }

  close(): void {
    this.simulation.close()
  }
}
