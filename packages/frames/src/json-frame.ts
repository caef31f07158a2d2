import type { LabelUpdate, NodeUpdate } from '@simyard/protocol'
import { type SceneFrame, sceneFrame } from './scene-frame.js'

/** A frame of the stream or of an animation, in any release's form; undefined when it is none. */
export function readJsonFrame(said: unknown): SceneFrame | undefined {
  if (!isRecord(said) || typeof said.time !== 'number' || !Number.isFinite(said.time)) return undefined
  const updates = said.updates ?? said.poses ?? []
  const labels = said.labels ?? []
  if (!Array.isArray(updates) || !Array.isArray(labels)) return undefined
  return sceneFrame({
    timeMs: said.time,
    updates: updates.flatMap((update) => updateOf(update) ?? []),
    labels: labels.flatMap((label) => labelOf(label) ?? []),
  })
}

/** Undefined when something of it is missing or of another kind. */
export function labelOf(said: unknown): LabelUpdate | undefined {
  if (!isRecord(said)) return undefined
  const { id, font, rgba, size, x, y, text } = said
  const numbers = [id, size, x, y].every((value) => typeof value === 'number' && Number.isFinite(value))
  const texts = [font, rgba, text].every((value) => typeof value === 'string')
  return numbers && texts ? ({ id, font, rgba, size, x, y, text } as LabelUpdate) : undefined
}

/** Values come as text, numbers, lists of numbers or texts, and truth values. */
function updateOf(said: unknown): NodeUpdate | undefined {
  if (!isRecord(said) || typeof said.id !== 'number') return undefined
  const update: { id: number; [field: string]: NodeUpdate[string] } = { id: said.id }
  for (const [field, value] of Object.entries(said)) {
    // The first frame of an animation has lists of addresses as one text.
    if (field === 'url' && typeof value === 'string' && /^ *\[? *"/.test(value)) update[field] = quotedTexts(value)
    else if (typeof value === 'string' || typeof value === 'number') update[field] = value
    else if (typeof value === 'boolean') update[field] = String(value)
    else if (isTexts(value)) update[field] = value
    else if (Array.isArray(value)) update[field] = value.join(' ')
  }
  return update
}

function quotedTexts(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside]) => inside!.replace(/\\(.)/g, '$1'))
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
