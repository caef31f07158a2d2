import type { Picture } from '@simyard/devices'
import type { Pose } from '@simyard/geometry'
import type { PhysicsWorld, Velocity } from '@simyard/physics'
import { type Diagnostic, reportError, SimyardError } from '@simyard/protocol'
import {
  type FieldValue,
  getString,
  isSolid,
  type PreparedNodes,
  resolveUrl,
  type Scene,
  type SceneNode,
} from '@simyard/scene'
import { ChangedFields } from './changed-fields.js'
import type { InputLog } from './input-log.js'
import type { SceneEdit, StepListener, Supervisor, ViewFrom } from './supervisor.js'

/** The parts of a simulation that a supervisor acts on. */
export interface SupervisedWorld {
  readonly scene: Scene
  readonly physics: PhysicsWorld
  readonly inputLog: InputLog
  readonly timeMs: number
  picture(view: ViewFrom): Picture
  /** Reads what the nodes need besides their text; rejects with a SimyardError. Returns what puts it in use. */
  prepareLooks(nodes: readonly SceneNode[]): Promise<() => void>
  prepareTexture(url: string | undefined): Promise<() => void>
  /** Makes the change in the physics and in everything that follows from it; throws, having changed nothing. */
  change(remove: readonly SceneNode[], add: PreparedNodes | undefined): void
  /** How a node looks has changed. */
  repaint(node: SceneNode): void
  /** Something that viewers see has changed; the world may be paused. */
  touched(): void
  diagnostic(diagnostic: Diagnostic): void
}

/** Supervisor of one simulation: checks, puts edits in a line, writes the input log. */
export class WorldSupervisor implements Supervisor {
  readonly fields: ChangedFields
  private readonly listeners: StepListener[] = []
  /** The last edit in line. */
  private line: Promise<unknown> = Promise.resolve()
  /** Edits of an earlier one are void. */
  private generation = 0

  constructor(private readonly world: SupervisedWorld) {
    this.fields = new ChangedFields(world.scene)
  }

  get scene(): Scene {
    return this.world.scene
  }

  get physics(): PhysicsWorld {
    return this.world.physics
  }

  get timeMs(): number {
    return this.world.timeMs
  }

  listen(listener: StepListener): void {
    this.listeners.push(listener)
  }

  picture(view: ViewFrom): Picture {
    return this.world.picture(view)
  }

  edit({ remove = [], add = '' }: SceneEdit): Promise<readonly SceneNode[]> {
    const leaving = [...new Set(remove)]
    return this.inLine(async () => {
      const prepared = add === '' ? undefined : await this.world.scene.prepareNodes(add)
      const showLooks = prepared && (await this.world.prepareLooks(prepared.nodes))
      return () => {
        for (const root of leaving) this.checkRoot(root)
        showLooks?.()
        this.world.change(leaving, prepared)
        this.log({ type: 'edit', remove: leaving.map(({ id }) => id), add })
        for (const diagnostic of prepared?.diagnostics ?? []) this.world.diagnostic(diagnostic)
        this.world.touched()
        return prepared?.roots ?? []
      }
    })
  }

  setPose(solid: SceneNode, pose: Pose): void {
    this.checkPresent(solid)
    checkNumbers(solid, [...pose.translation, ...pose.rotation])
    if (!this.physics.setPose(solid.id, pose)) throw immovable(solid)
    this.log({ type: 'pose', node: solid.id, pose })
    this.world.touched()
  }

  setVelocity(solid: SceneNode, velocity: Velocity): void {
    this.checkPresent(solid)
    checkNumbers(solid, [...velocity.linear, ...velocity.angular])
    if (!this.physics.setVelocity(solid.id, velocity)) throw immovable(solid)
    this.log({ type: 'velocity', node: solid.id, velocity })
  }

  resetPhysics(solid: SceneNode): void {
    this.checkPresent(solid)
    if (!this.physics.stop(solid.id)) throw immovable(solid)
    this.log({ type: 'reset-physics', node: solid.id })
  }

  setField(node: SceneNode, field: string, value: FieldValue): void {
    this.checkPresent(node)
    ChangedFields.check(node, field, value)
    if (node.type !== 'ImageTexture' || field !== 'url') return this.setLook(node, field, value)
    const urls = (value as readonly string[]).map((url) => resolveUrl(node.baseUrl, url))
    this.inLine(async () => {
      const showTexture = await this.world.prepareTexture(urls[0])
      return () => {
        // It may have left while its picture was read.
        if (this.scene.byId.get(node.id) !== node) return
        showTexture()
        this.setLook(node, field, urls)
      }
    }).catch((error: unknown) => {
      if (error instanceof SimyardError && error.code === 'EDIT_REFUSED') return
      this.world.diagnostic({ severity: 'warning', ...reportError(error) })
    })
  }

  beforeStep(stepMs: number): void {
    for (const listener of this.listeners) listener.beforeStep(stepMs)
  }

  afterStep(stepMs: number): void {
    for (const listener of this.listeners) listener.afterStep(stepMs)
  }

  /** The world goes back to the start; edits that wait are void. */
  cancelEdits(): void {
    this.generation++
  }

  /** The world is as it was after loading. */
  reset(): void {
    for (const listener of this.listeners) listener.reset()
  }

  /** Prepares, which takes time, and then applies at once: one after the other, in the order of the calls. */
  private inLine<T>(prepare: () => Promise<() => T>): Promise<T> {
    const { generation } = this
    const inTime = () => {
      if (generation === this.generation) return
      throw new SimyardError('EDIT_REFUSED', 'The world was reset or closed before this change was made; ask again.')
    }
    const done = this.line.then(async () => {
      inTime()
      const apply = await prepare()
      inTime()
      return apply()
    })
    this.line = done.catch(() => {})
    return done
  }

  private setLook(node: SceneNode, field: string, value: FieldValue): void {
    this.fields.set(node, field, value)
    this.world.repaint(node)
    this.log({ type: 'field', node: node.id, field, value })
    this.world.touched()
  }

  private checkPresent(node: SceneNode): void {
    if (this.scene.byId.get(node.id) === node) return
    throw new SimyardError('EDIT_REFUSED', `${named(node)} is not in the world any more; look it up again.`)
  }

  private checkRoot(node: SceneNode): void {
    this.checkPresent(node)
    if (node === this.scene.worldInfo) {
      throw new SimyardError('EDIT_REFUSED', 'The WorldInfo cannot be removed from a world.')
    }
    if (this.scene.nodes.includes(node)) return
    throw new SimyardError('EDIT_REFUSED', `${named(node)} is inside another node; remove the root that it is in.`)
  }

  private log(input: LoggedChange): void {
    this.world.inputLog.add({ timeMs: this.timeMs, ...input })
  }
}

type LoggedChange = Parameters<InputLog['add']>[0] extends infer I
  ? I extends { timeMs: number }
    ? Omit<I, 'timeMs'>
    : never
  : never

function named(node: SceneNode): string {
  return isSolid(node.type) ? `${node.type} "${getString(node, 'name')}"` : `${node.type} ${node.def ?? node.id}`
}

function immovable(node: SceneNode): SimyardError {
  return new SimyardError(
    'EDIT_REFUSED',
    `${named(node)} cannot be moved: only a solid with Physics that hangs on nothing can. Remove it and add it elsewhere.`,
  )
}

function checkNumbers(node: SceneNode, values: readonly number[]): void {
  if (values.every(Number.isFinite)) return
  throw new SimyardError('EDIT_REFUSED', `${named(node)} cannot be put there: ${values.join(' ')} are not all numbers.`)
}
