import type { WorldFrame } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { sceneFrame, worldFrame } from './scene-frame.js'

test('poses become numbers, other fields stay text, and both come back as one update', () => {
  const frame: WorldFrame = {
    timeMs: 32,
    updates: [
      { id: 7, translation: '1 -2.5 0.001', rotation: '0 0 1 3.1', baseColor: '1 0 0' },
      { id: 8, translation: '0.5 0.25' },
      { id: 9, url: ['a.png'] },
    ],
    labels: [{ id: 0, font: 'Arial', rgba: '255,0,0,1', size: 0.1, x: 0, y: 0, text: 'hello' }],
  }
  const typed = sceneFrame(frame)
  expect(typed.poses).toEqual([{ id: 7, translation: [1, -2.5, 0.001], rotation: [0, 0, 1, 3.1] }])
  expect(typed.fields).toEqual([
    { id: 7, baseColor: '1 0 0' },
    { id: 8, translation: '0.5 0.25' },
    { id: 9, url: ['a.png'] },
  ])
  expect(worldFrame(typed)).toEqual(frame)
})

test('text that is no number is left as it is', () => {
  expect(sceneFrame({ timeMs: 0, updates: [{ id: 1, translation: 'a b c' }] })).toEqual({
    timeMs: 0,
    poses: [],
    fields: [{ id: 1, translation: 'a b c' }],
    labels: [],
  })
})
