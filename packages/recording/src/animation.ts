import { type AxisAngle, type PoseUpdate, readJsonFrame, type SceneFrame, Timeline, worldFrame } from '@simyard/frames'
import { axisAngleFromQuaternion } from '@simyard/geometry'
import { type LabelUpdate, type NodeUpdate, SimyardError } from '@simyard/protocol'
import { FrameList, Recording, WholeState } from './recording.js'
import { SceneTree } from './scene-tree.js'

export interface AnimationOptions {
  /** `2019`: players of releases up to R2022a, with `ids` and `poses`. `2022`: later ones, with `updates`. */
  readonly generation: '2019' | '2022'
}

/** Digits after the point of what is computed between two frames: a hundredth of a millimetre, and of a milliradian. */
const DIGITS = 5
/** A label that is not there yet is told with these, so that players know it. */
const TRANSPARENT = '0,0,0,0'

/**
 * As an animation of Webots, for its players. They find frames by their number: there is exactly one for each period,
 * whatever happened in it, and the first has the state of all that changes later.
 */
export function writeAnimation(recording: Recording, { generation }: AnimationOptions): string {
  const period = periodOf(recording)
  const frames = [...recording.frames()]
  const start = recording.startMs
  const timeline = new Timeline()
  for (const frame of frames) timeline.append(frame)
  const key = generation === '2019' ? 'poses' : 'updates'
  const written: string[] = []
  const ids = new Set<number>()
  const labelIds = new Set<number>()
  for (const { poses, fields, labels } of frames) {
    for (const { id } of [...poses, ...fields]) ids.add(id)
    for (const { id } of labels) labelIds.add(id)
  }
  const first = frames[0] ? firstState(recording, frames) : undefined
  let at = 0
  for (let i = 0; first && start + i * period < recording.endMs + period; i++) {
    const timeMs = start + i * period
    const passed = new WholeState()
    let exact = false
    for (; at < frames.length && frames[at]!.timeMs <= timeMs; at++) {
      passed.apply(frames[at]!)
      exact = frames[at]!.timeMs === timeMs
    }
    const { poses, fields, labels } = i === 0 ? first : passed.frame()
    const next = exact || i === 0 ? undefined : frames[at]
    const moved = next ? between(timeline, timeMs, [...poses, ...next.poses]) : poses
    const updates = [...worldFrame({ timeMs, poses: moved, fields, labels: [] }).updates].sort((a, b) => a.id - b.id)
    const body = {
      time: i * period,
      ...(updates.length > 0 ? { [key]: updates.map(fieldsOf(generation, i === 0)) } : {}),
      ...(labels.length > 0 ? { labels } : {}),
    }
    written.push(JSON.stringify(body))
  }
  const head = [
    `"basicTimeStep":${period}`,
    ...(generation === '2019' ? [`"ids":"${[...ids].sort((a, b) => a - b).join(';')}"`] : []),
    `"labelsIds":"${[...labelIds].sort((a, b) => a - b).join(';')}"`,
  ]
  return `{${head.join(',\n ')},\n "frames":[\n${written.join(',\n')}\n]}\n`
}

/** Reads the animations of all releases. Throws RECORDING_INVALID and nothing else. */
export function readAnimation(json: string, sceneXml: string): Recording {
  const said = parse(json)
  const { basicTimeStep, frames } = said
  if (typeof basicTimeStep !== 'number' || !(basicTimeStep > 0) || !Array.isArray(frames))
    throw invalid('it has no "basicTimeStep" or no "frames"')
  const list = frames.map((one, i): SceneFrame => {
    const frame = readJsonFrame(typeof one === 'object' && one !== null ? { ...one, time: i * basicTimeStep } : one)
    if (!frame) throw invalid(`its frame ${i} has another form`)
    return frame
  })
  const tree = new SceneTree(sceneXml)
  const info = [...tree.all()].find(({ tag }) => tag === 'WorldInfo')
  const robots = [...tree.all()].filter(
    ({ tag, attributes }) => tag === 'Robot' || attributes.type === 'robot' || attributes.controller !== undefined,
  )
  const fps = 1000 / basicTimeStep
  return new Recording(
    {
      world: '',
      title: info?.attributes.title ?? '',
      basicTimeStepMs: basicTimeStep,
      fps,
      robots: robots.map(({ id, attributes }) => ({ nodeId: id, name: attributes.name ?? '' })),
      xml: { [/<meta name="version" content="R20(1\d|2[01])/.test(sceneXml) ? 'x3d-2019' : 'x3d']: sceneXml },
    },
    new FrameList(list),
  )
}

/** World time steps that a frame of the animation lasts, as Webots counts them. */
function periodOf({ scene: { basicTimeStepMs, fps } }: Recording): number {
  return basicTimeStepMs * Math.max(1, Math.ceil(1000 / fps / basicTimeStepMs - 1e-9))
}

/** The state at the beginning of all that changes at some time; from the scene's text where no frame tells it. */
function firstState(recording: Recording, frames: readonly SceneFrame[]): SceneFrame {
  const { timeMs, poses, fields, labels } = frames[0]!
  const tree = new SceneTree(recording.scene.xml.x3d ?? recording.scene.xml['x3d-2019'] ?? '')
  const state = new WholeState()
  const later: { poses: PoseUpdate[]; fields: NodeUpdate[]; labels: LabelUpdate[] } = {
    poses: [],
    fields: [],
    labels: [],
  }
  for (const frame of frames) {
    for (const { id, translation, rotation } of frame.poses) {
      const { attributes } = tree.node(id) ?? { attributes: undefined }
      if (!attributes) continue
      later.poses.push({
        id,
        ...(translation ? { translation: numbers(attributes.translation, [0, 0, 0]) as typeof translation } : {}),
        ...(rotation ? { rotation: numbers(attributes.rotation, [0, 0, 1, 0]) as unknown as AxisAngle } : {}),
      })
    }
    for (const { id, ...changed } of frame.fields) {
      const known = tree.node(id)?.attributes
      const before = Object.keys(changed).flatMap((field) => {
        const value = known?.[field]
        return value === undefined ? [] : [[field, value] as const]
      })
      if (before.length > 0) later.fields.push({ id, ...Object.fromEntries(before) })
    }
    for (const label of frame.labels) later.labels.push({ ...label, rgba: TRANSPARENT })
  }
  state.apply({ timeMs, ...later })
  state.apply({ timeMs, poses, fields, labels })
  return state.frame()
}

function between(timeline: Timeline, timeMs: number, poses: readonly PoseUpdate[]): PoseUpdate[] {
  const told = new Map<number, { translation: boolean; rotation: boolean }>()
  for (const { id, translation, rotation } of poses) {
    const before = told.get(id)
    told.set(id, {
      translation: before?.translation || translation !== undefined,
      rotation: before?.rotation || rotation !== undefined,
    })
  }
  return [...told].map(([id, { translation, rotation }]) => {
    const place = translation ? timeline.translationAt(id, timeMs) : undefined
    const turn = rotation ? timeline.rotationAt(id, timeMs) : undefined
    return {
      id,
      ...(place ? { translation: place.map(rounded) as unknown as typeof place } : {}),
      ...(turn ? { rotation: axisAngleFromQuaternion(turn).map(rounded) as unknown as AxisAngle } : {}),
    }
  })
}

/** The first frame of an animation has lists of texts as one text, with quotes. */
function fieldsOf(generation: '2019' | '2022', first: boolean): (update: NodeUpdate) => Record<string, unknown> {
  return (update) => {
    if (!first || generation === '2019') return update
    const entries = Object.entries(update).map(([field, value]) => [
      field,
      Array.isArray(value) ? value.map((text) => JSON.stringify(text)).join(' ') : value,
    ])
    return Object.fromEntries(entries)
  }
}

/** A recorder that was stopped before anything moved leaves its file without an end. */
function parse(json: string): Record<string, unknown> {
  const ends = [
    json.length,
    ...[...json.matchAll(/\}/g)]
      .slice(-8)
      .map(({ index }) => index + 1)
      .reverse(),
  ]
  for (const end of ends) {
    const text = json.slice(0, end).replace(/[\s,]+$/, '')
    for (const missing of ['', ']}', '[]}', '}', ',"frames":[]}', '"frames":[]}']) {
      try {
        const said: unknown = JSON.parse(text + missing)
        if (typeof said === 'object' && said !== null && 'frames' in said) return said as Record<string, unknown>
      } catch {
        // Another end may fit.
      }
    }
  }
  throw invalid('it is not well formed')
}

function numbers(text: string | undefined, otherwise: readonly number[]): readonly number[] {
  const values = (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  return values.length === otherwise.length && values.every(Number.isFinite) ? values : otherwise
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS)) + 0
}

function invalid(reason: string): SimyardError {
  return new SimyardError('RECORDING_INVALID', `This file is no animation that can be read: ${reason}.`)
}
