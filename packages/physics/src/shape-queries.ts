import type { MjData, MjModel } from '@mujoco/mujoco'
import { add, scale } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { Engine } from './engine.js'
import type { Mjcf } from './mjcf.js'
import { type ModelBody, selfCollides } from './model.js'
import type { Contact, Ray, RayHit } from './physics-world.js'

const OBJECT_GEOM = 5
const NO_MARGIN = 1e-6

/** What the shapes of one compiled scene hit and touch. Owns buffers of the engine; `dispose` frees them. */
export class ShapeQueries {
  private readonly shapes: { readonly solid: SceneNode; readonly geometry: SceneNode; readonly body: ModelBody }[] = []
  private readonly hitGeom
  private readonly hitNormal
  private readonly force

  constructor(
    private readonly engine: Engine,
    private readonly native: MjModel,
    private readonly data: MjData,
    geoms: Mjcf['geoms'],
  ) {
    this.hitGeom = new engine.IntBuffer(1)
    this.hitNormal = new engine.DoubleBuffer(3)
    this.force = new engine.DoubleBuffer(6)
    geoms.forEach(({ geom, body }, index) => {
      const id = engine.mj_name2id(native, OBJECT_GEOM, `g${index}`)
      this.shapes[id] = { solid: geom.solid, geometry: geom.shape.node, body }
    })
  }

  castRay(ray: Ray): RayHit | undefined {
    const transparent = ray.ignoreRobot && !selfCollides(ray.ignoreRobot) ? ray.ignoreRobot : undefined
    const direction = [...ray.direction]
    let travelled = 0
    // Own shapes are stepped through one after the other; the bound only stops a degenerate scene.
    for (let tries = 0; tries < 64; tries++) {
      const origin = add(ray.origin, scale(ray.direction, travelled))
      const distance = this.engine.mj_ray(
        this.native,
        this.data,
        [...origin],
        direction,
        // MuJoCo reads an absent group filter as "all groups"; the binding's types do not know null.
        null as unknown as number[],
        true,
        -1,
        this.hitGeom,
        this.hitNormal,
      )
      if (distance < 0 || travelled + distance > ray.maxDistance) return undefined
      const [id = -1]: readonly number[] = this.hitGeom.GetView()
      const hit = this.shapes[id]
      if (!hit) return undefined
      if (transparent && hit.body.robot === transparent) {
        travelled += distance + NO_MARGIN
        continue
      }
      const [x = 0, y = 0, z = 0]: readonly number[] = this.hitNormal.GetView()
      const total = travelled + distance
      return {
        distance: total,
        point: add(ray.origin, scale(ray.direction, total)),
        normal: [x, y, z],
        solid: hit.solid,
        geometry: hit.geometry,
      }
    }
    return undefined
  }

  contacts(solidIds?: ReadonlySet<number>): readonly Contact[] {
    const found: Contact[] = []
    if (this.data.ncon === 0) return found
    const list = this.data.contact
    try {
      for (let i = 0; i < this.data.ncon; i++) {
        const contact = list.get(i)
        if (!contact) continue
        try {
          const a = this.shapes[contact.geom1]
          const b = this.shapes[contact.geom2]
          if (!a || !b) continue
          if (solidIds && !solidIds.has(a.solid.id) && !solidIds.has(b.solid.id)) continue
          const f: readonly number[] = contact.frame
          const [px = 0, py = 0, pz = 0]: readonly number[] = contact.pos
          this.engine.mj_contactForce(this.native, this.data, i, this.force)
          const [n = 0, t1 = 0, t2 = 0]: readonly number[] = this.force.GetView()
          const along = (k: number): number => (f[k] ?? 0) * n + (f[3 + k] ?? 0) * t1 + (f[6 + k] ?? 0) * t2
          found.push({
            solidA: a.solid,
            solidB: b.solid,
            point: [px, py, pz],
            normal: [f[0] ?? 0, f[1] ?? 0, f[2] ?? 0],
            force: [along(0), along(1), along(2)],
          })
        } finally {
          contact.delete()
        }
      }
    } finally {
      list.delete()
    }
    return found
  }

  dispose(): void {
    for (const owned of [this.hitGeom, this.hitNormal, this.force]) owned.delete()
  }
}
