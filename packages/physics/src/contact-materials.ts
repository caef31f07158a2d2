import type { SceneNode } from '@simyard/scene'
import { nodesField, numberField, numbersField, stringField } from './fields.js'

/** How two materials meet; friction is Coulomb's coefficient, `bounce` the share of speed kept (undefined: none). */
export interface ContactRule {
  readonly material1: string
  readonly material2: string
  readonly friction: number
  readonly bounce: number | undefined
}

const INFINITE_FRICTION = 20

/** The ContactProperties of a WorldInfo. */
export function contactRules(worldInfo: SceneNode | undefined): readonly ContactRule[] {
  if (!worldInfo) return []
  return nodesField(worldInfo, 'contactProperties').map((node) => {
    const [friction = 1] = numbersField(node, 'coulombFriction', [numberField(node, 'coulombFriction', 1)])
    return {
      material1: stringField(node, 'material1', 'default'),
      material2: stringField(node, 'material2', 'default'),
      friction: friction < 0 ? INFINITE_FRICTION : friction,
      bounce: node.fields.has('bounce') ? numberField(node, 'bounce', 0.5) : undefined,
    }
  })
}

/**
 * solref of a contact that returns the share `bounce` of the speed: the damping ratio of a half swing with that loss
 * is -ln e / √(π² + ln² e), at 200 rad/s.
 */
export function bounceSolref(bounce: number): string {
  if (bounce <= 0.01) return '0.005 1'
  const log = Math.log(Math.min(bounce, 0.99))
  const ratio = -log / Math.sqrt(Math.PI * Math.PI + log * log)
  return `${0.005 / ratio} ${ratio}`
}
