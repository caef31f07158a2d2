import type { Pose, Quaternion, Vector3 } from '@simyard/geometry'
import { bounceSolref, type ContactRule } from './contact-materials.js'
import { joinMasses } from './mass.js'
import { type ModelBody, type ModelGeom, type ModelJoint, type PhysicsModel, selfCollides, TINY_MASS } from './model.js'

export interface MjcfOptions {
  readonly gravity: Vector3
  readonly innerStepSeconds: number
  readonly contactRules: readonly ContactRule[]
}

/** The text for MuJoCo, and who is who in it: names are `b<node>`, `j<node>_<axis>` and `g<index>`. */
export interface Mjcf {
  readonly xml: string
  readonly geoms: readonly { readonly geom: ModelGeom; readonly body: ModelBody }[]
  readonly joints: readonly { readonly joint: ModelJoint; readonly body: ModelBody }[]
}

const DEFAULT_FRICTION = 0.9
const INFLUENCE = '0.99 0.999 0.0005'
const STIFF = '0.005 1'
/** Inertia that makes a joint deaf to forces; its motor sets position and speed. */
const KINEMATIC_ARMATURE = 1e4

export const bodyName = (body: ModelBody): string => `b${body.node?.id ?? 0}`
export const jointName = (joint: ModelJoint): string => `j${joint.node.id}_${joint.axisIndex}`

/** Writes the model with the settings that keep a wheeled robot within a millimetre a metre (docs/decisions). */
export function writeMjcf(model: PhysicsModel, options: MjcfOptions): Mjcf {
  const writer = new MjcfWriter(model, options)
  return writer.write()
}

class MjcfWriter {
  private readonly geoms: { geom: ModelGeom; body: ModelBody }[] = []
  private readonly joints: { joint: ModelJoint; body: ModelBody }[] = []
  private readonly assets: string[] = []
  private readonly actuators: string[] = []

  constructor(
    private readonly model: PhysicsModel,
    private readonly options: MjcfOptions,
  ) {}

  write(): Mjcf {
    const tree = this.content(this.model.world, '  ')
    const contact = [...this.excludes(), ...this.pairs()]
    const friction = this.rule('default', 'default')?.friction ?? DEFAULT_FRICTION
    const xml = [
      '<mujoco model="world">',
      '<compiler angle="radian" autolimits="true" balanceinertia="true" boundmass="1e-6" boundinertia="1e-10"/>',
      `<option timestep="${this.options.innerStepSeconds}" gravity="${this.options.gravity.join(' ')}" cone="elliptic" impratio="10" integrator="implicitfast" solver="Newton"><flag autoreset="disable"/></option>`,
      `<default><geom solref="${STIFF}" solimp="${INFLUENCE}" friction="${friction} 0.0005 0.00001"/></default>`,
      `<asset>${this.assets.join('\n')}</asset>`,
      `<worldbody>\n${tree}</worldbody>`,
      `<contact>${contact.join('\n')}</contact>`,
      `<actuator>${this.actuators.join('\n')}</actuator>`,
      '</mujoco>',
    ].join('\n')
    return { xml, geoms: this.geoms, joints: this.joints }
  }

  private content(body: ModelBody, indent: string): string {
    let text = ''
    for (const geom of body.geoms) text += `${indent}${this.geom(geom, body)}\n`
    for (const child of body.children) {
      text += `${indent}<body name="${bodyName(child)}"${place(child.pose)}>\n`
      if (child.free) text += `${indent} <freejoint name="f${child.node?.id ?? 0}"/>\n`
      for (const joint of child.joints) text += `${indent} ${this.joint(joint, child)}\n`
      if (child.free || child.joints.length > 0) text += `${indent} ${inertial(child)}\n`
      text += this.content(child, `${indent} `)
      text += `${indent}</body>\n`
    }
    return text
  }

  private joint(joint: ModelJoint, body: ModelBody): string {
    this.joints.push({ joint, body })
    const name = jointName(joint)
    const parts = [`name="${name}" type="${joint.type}" pos="${joint.anchor.join(' ')}"`]
    if (joint.type !== 'ball') {
      parts.push(`axis="${joint.axis.join(' ')}" ref="${joint.position}"`)
      if (joint.stops) {
        parts.push(`range="${joint.stops.join(' ')}" solreflimit="${STIFF}" solimplimit="${INFLUENCE}"`)
      }
    }
    if (joint.spring > 0) parts.push(`stiffness="${joint.spring}"`)
    if (joint.damping > 0) parts.push(`damping="${joint.damping}"`)
    if (joint.friction > 0) parts.push(`frictionloss="${joint.friction}"`)
    if (!joint.dynamic) parts.push(`armature="${KINEMATIC_ARMATURE}"`)
    if (joint.motor && joint.dynamic) {
      this.actuators.push(`<velocity name="v${name}" joint="${name}" kv="1"/>`)
      this.actuators.push(`<motor name="m${name}" joint="${name}"/>`)
    }
    return `<joint ${parts.join(' ')}/>`
  }

  private geom(geom: ModelGeom, body: ModelBody): string {
    const index = this.geoms.length
    this.geoms.push({ geom, body })
    const parts = [`name="g${index}"`, this.form(geom, body, index), place(geom.pose).trim()]
    if (geom.role === 'caster') parts.push('condim="1" friction="0 0 0" priority="2"')
    else {
      const rule = geom.material === 'default' ? undefined : this.rule(geom.material, 'default')
      if (rule) parts.push(`friction="${rule.friction} 0.0005 0.00001" priority="1"`)
      const bounce = (rule ?? this.rule('default', 'default'))?.bounce
      if (bounce !== undefined) parts.push(`solref="${bounceSolref(bounce)}"`)
    }
    return `<geom ${parts.join(' ')}/>`
  }

  private form(geom: ModelGeom, body: ModelBody, index: number): string {
    const { form } = geom.shape
    switch (form.type) {
      case 'box':
        return `type="box" size="${form.half.map(atLeastThin).join(' ')}"`
      case 'sphere':
        return `type="sphere" size="${atLeastThin(form.radius)}"`
      case 'cylinder':
        return geom.role === 'wheel'
          ? `type="ellipsoid" size="${form.radius} ${form.radius} ${atLeastThin(form.height / 2)}"`
          : `type="cylinder" size="${atLeastThin(form.radius)} ${atLeastThin(form.height / 2)}"`
      case 'capsule':
        return `type="capsule" size="${atLeastThin(form.radius)} ${atLeastThin(form.height / 2)}"`
      case 'plane':
        return body.free || body.joints.length > 0 || hasMovingAncestor(body)
          ? 'type="box" size="50 50 0.0005"'
          : 'type="plane" size="0 0 1"'
      case 'heights': {
        const lowest = Math.min(...form.heights)
        const span = Math.max(Math.max(...form.heights) - lowest, 1e-4)
        // The engine reads rows from greatest y to least.
        const rows = Array.from({ length: form.rows }, (_, row) => form.rows - 1 - row)
        const elevation = rows.flatMap((row) =>
          form.heights.slice(row * form.columns, (row + 1) * form.columns).map((height) => (height - lowest) / span),
        )
        this.assets.push(
          `<hfield name="h${index}" nrow="${form.rows}" ncol="${form.columns}" size="${form.size[0] / 2} ${form.size[1] / 2} ${span} 0.1" elevation="${elevation.join(' ')}"/>`,
        )
        return `type="hfield" hfield="h${index}"`
      }
      case 'mesh':
        this.assets.push(
          `<mesh name="x${index}" inertia="convex" vertex="${Array.from(form.triangles.positions).join(' ')}" face="${Array.from(form.triangles.indices).join(' ')}"/>`,
        )
        return `type="mesh" mesh="x${index}"`
    }
  }

  private rule(a: string, b: string): ContactRule | undefined {
    return this.options.contactRules.find(
      (rule) => (rule.material1 === a && rule.material2 === b) || (rule.material1 === b && rule.material2 === a),
    )
  }

  /** A robot's bodies do not collide with each other unless it says so, and the two sides of a joint never do. */
  private excludes(): string[] {
    const lines: string[] = []
    this.eachBodyPair((a, b) => {
      if (this.excluded(a, b)) lines.push(`<exclude body1="${bodyName(a)}" body2="${bodyName(b)}"/>`)
    })
    return lines
  }

  private excluded(a: ModelBody, b: ModelBody): boolean {
    if (a.parent === b || b.parent === a) return true
    return a.robot !== undefined && a.robot === b.robot && !selfCollides(a.robot)
  }

  private eachBodyPair(visit: (a: ModelBody, b: ModelBody) => void): void {
    const groups = new Map<ModelBody | number, ModelBody[]>()
    for (const body of this.model.bodies) {
      if (!body.node) continue
      const key = body.robot?.id ?? rootOf(body)
      const group = groups.get(key) ?? []
      group.push(body)
      groups.set(key, group)
    }
    for (const group of groups.values()) {
      group.forEach((a, i) => {
        for (const b of group.slice(i + 1)) visit(a, b)
      })
    }
  }

  /** ContactProperties between two named materials. */
  private pairs(): string[] {
    const lines: string[] = []
    for (const rule of this.options.contactRules) {
      if (rule.material1 === 'default' || rule.material2 === 'default') continue
      this.geoms.forEach((first, i) => {
        if (first.geom.material !== rule.material1) return
        this.geoms.forEach((second, j) => {
          if (second.geom.material !== rule.material2 || i === j || first.body === second.body) return
          if (rule.material1 === rule.material2 && j < i) return
          if (!first.body.dynamic && !second.body.dynamic) return
          if (this.excluded(first.body, second.body)) return
          lines.push(
            `<pair geom1="g${i}" geom2="g${j}" condim="3" friction="${rule.friction} ${rule.friction} 0.0005 0.00001 0.00001" solref="${rule.bounce === undefined ? STIFF : bounceSolref(rule.bounce)}" solimp="${INFLUENCE}"/>`,
          )
        })
      })
    }
    return lines
  }
}

function rootOf(body: ModelBody): ModelBody {
  return body.parent?.node ? rootOf(body.parent) : body
}

function hasMovingAncestor(body: ModelBody): boolean {
  return body.parent ? body.parent.free || body.parent.joints.length > 0 || hasMovingAncestor(body.parent) : false
}

function inertial(body: ModelBody): string {
  const joined = joinMasses(body.matter)
  const { mass, center, inertia } = joined.mass > 0 ? joined : TINY_MASS
  const [xx = 0, xy = 0, xz = 0, , yy = 0, yz = 0, , , zz = 0] = inertia
  return `<inertial mass="${mass}" pos="${center.join(' ')}" fullinertia="${[xx, yy, zz, xy, xz, yz].join(' ')}"/>`
}

function place(pose: Pose): string {
  return ` pos="${pose.translation.join(' ')}" quat="${wxyz(pose.rotation)}"`
}

function wxyz([x, y, z, w]: Quaternion): string {
  return `${w} ${x} ${y} ${z}`
}

function atLeastThin(length: number): number {
  return Math.max(length, 1e-5)
}
