import { expect, it } from 'vitest'
import {
  AnimationClock,
  type AnimationEntry,
  animationId,
  animationNumber,
  LARGEST_ANIMATION_NUMBER,
  readSceneHead,
  sortAnimations,
  uploadedFilePath,
} from './webots-animations.js'

it.each([
  // 4294967295 - 1 is 4294967294; from the right 4927694924, which is 4·64⁵ + 37·64⁴ + 45·64³ + 42·64² + 33·64 + 12.
  [1, 'cxGJB4'],
  // Only zeros.
  [LARGEST_ANIMATION_NUMBER, '000000'],
  // 0000000001 from the right is 1000000000.
  [LARGEST_ANIMATION_NUMBER - 1, '0EICX0'],
])('number %i is %s', (number, id) => {
  expect(animationId(number)).toBe(id)
  expect(animationNumber(id)).toBe(number)
})

it('numbers come back from their characters, and no two share them', () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => (i * 858_993_459) % (LARGEST_ANIMATION_NUMBER + 1))
  const ids = numbers.map(animationId)
  expect(new Set(ids).size).toBe(new Set(numbers).size)
  expect(ids.map(animationNumber)).toEqual(numbers)
})

it.each(['', '00000', '0000000', '00000.', '../../', '______', '999990'])('%j is no number', (id) => {
  expect(animationNumber(id)).toBeUndefined()
})

it('what a scene says of itself is found at the beginning of its lines', () => {
  const head = readSceneHead(
    `<?xml version="1.0"?>\n<X3D>\n<head>\n<meta name="version" content="R2025a" />\n</head>\n<Scene>\n` +
      `<WorldInfo id='n1' title='Tom &amp; Jerry&apos;s &#x41;&#66;' info='"One &lt;line&gt;" "with \\"quotes\\""' basicTimeStep='8'></WorldInfo>\n` +
      ` <WorldInfo id='n9' title='not at the beginning'></WorldInfo>\n</Scene></X3D>\n`,
  )
  expect(head).toEqual({
    title: "Tom & Jerry's AB",
    info: ['One <line>', 'with "quotes"'],
    version: 'R2025a',
  })
  expect(readSceneHead('<X3D/>')).toEqual({ title: '', info: [], version: '' })
})

it.each([1, 7, 1000])('the length of an animation is found in pieces of %i bytes', (size) => {
  const bytes = new TextEncoder().encode(
    '{"basicTimeStep":8,"frames":[{"time":0,"updates":[]},\n{"time":8},{"time":12345}]}',
  )
  const clock = new AnimationClock()
  for (let at = 0; at < bytes.length; at += size) clock.read(bytes.subarray(at, at + size))
  expect(clock.durationMs).toBe(12345)
})

it('an animation without frames has no length', () => {
  const clock = new AnimationClock()
  clock.read(new TextEncoder().encode('{"frames":[]}'))
  expect(clock.durationMs).toBeUndefined()
})

it('files of the form have their places', () => {
  expect(uploadedFilePath('textures[]', 'a.png')).toBe('textures/a.png')
  expect(uploadedFilePath('thumbnail-file', '../../x')).toBe('thumbnail.jpg')
  expect(uploadedFilePath('else', 'x')).toBeUndefined()
})

it('lists are sorted as they are asked for', () => {
  const entry = (id: number, title: string, viewed: number, uploaded: string): AnimationEntry => ({
    ...{ id, title, viewed, uploaded, url: '', description: '', version: '', duration: 0, size: 0, user: 0 },
  })
  const entries = [entry(1, 'b', 5, '2026-01-01'), entry(2, 'a', 9, '2026-01-02'), entry(3, 'c', 5, '2026-01-03')]
  const order = (sortBy: string) => sortAnimations(entries, sortBy).map(({ id }) => id)
  expect(order('title-asc')).toEqual([2, 1, 3])
  expect(order('viewed-desc')).toEqual([2, 3, 1])
  expect(order('default')).toEqual([3, 2, 1])
  expect(order('constructor-asc')).toEqual([1, 2, 3])
})
