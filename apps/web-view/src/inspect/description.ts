import { Box3, Vector3 } from 'three'
import type { SceneGraph } from '../scene/scene-graph.js'
import { Inspector, type SolidEntry, sizeOf, solidTree } from './inspection.js'

const MOST_ROBOTS = 5
const WAYS = ['east', 'north-east', 'north', 'north-west', 'west', 'south-west', 'south', 'south-east']

/** The world in a few sentences for those who do not see it. North is y, east is x; `selected` is a node's id. */
export function describeScene(graph: SceneGraph, selected?: string): string {
  const tree = solidTree(graph)
  const robots = tree.flatMap((one) => robotsIn(one))
  const inspector = new Inspector(graph)
  const size = sizeOf(graph.root, graph.root)
  const up = graph.older ? 'y' : 'z'
  const [width, depth] = up === 'z' ? [size.x, size.y] : [size.x, size.z]
  const others = tree.length - tree.filter((one) => robotsIn(one).length > 0).length
  const sentences = [
    `The world is ${metres(width)} by ${metres(depth)}, with ${count(robots.length, 'robot')} and ${count(others, 'other thing')}.`,
  ]
  const middle = new Box3().setFromObject(graph.root).getCenter(new Vector3())
  middle.applyQuaternion(graph.root.quaternion.clone().invert())
  for (const { id, name } of robots.slice(0, MOST_ROBOTS)) {
    const seen = inspector.inspect(id, 0)
    if (!seen) continue
    const [x, y, z] = seen.position
    const [east, north] = up === 'z' ? [x - middle.x, y - middle.y] : [x - middle.x, -(z - middle.z)]
    const heading = up === 'z' ? seen.rollPitchYaw[2] : seen.rollPitchYaw[1]
    sentences.push(`${name} is ${placeText(east, north, Math.max(width, depth))}, facing ${wayText(heading)}.`)
  }
  if (robots.length > MOST_ROBOTS) sentences.push(`There are ${robots.length - MOST_ROBOTS} more robots.`)
  const chosen = selected === undefined ? undefined : inspector.inspect(selected, 0)
  if (chosen) sentences.push(`Selected: ${chosen.path}, ${chosen.type}, ${chosen.size.map(metres).join(' by ')}.`)
  return sentences.join(' ')
}

function robotsIn(entry: SolidEntry): SolidEntry[] {
  return entry.type === 'Robot' ? [entry] : entry.parts.flatMap(robotsIn)
}

function placeText(east: number, north: number, extent: number): string {
  const distance = Math.hypot(east, north)
  if (distance < extent * 0.05) return 'in the middle'
  return `${metres(distance)} ${wayText(Math.atan2(north, east))} of the middle`
}

/** Counter-clockwise from east, radians. */
function wayText(angle: number): string {
  return WAYS[((Math.round(angle / (Math.PI / 4)) % 8) + 8) % 8]!
}

function metres(value: number): string {
  return value < 0.995 ? `${Math.round(value * 100)} cm` : `${Math.round(value * 10) / 10} m`
}

function count(number: number, word: string): string {
  return number === 1 ? `one ${word}` : `${number === 0 ? 'no' : number} ${word}s`
}
