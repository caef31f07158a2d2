import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SimyardError } from './errors.js'
import { FeedOffer } from './feed.js'
import { checkFeedMessage } from './feed-check.js'

const types = ['loaded', 'frame', 'mode', 'console', 'ink', 'readings', 'picture', 'made-file', 'scene', 'node-added']

test('whatever a stranger sends is taken or refused with a reason, and nothing else happens', () => {
  const message = fc.oneof(
    fc.jsonValue(),
    fc.record({ type: fc.constantFrom(...types), frame: fc.jsonValue(), full: fc.boolean(), path: fc.string() }),
    fc.dictionary(fc.constantFrom('type', '__proto__', 'frame', 'timeMs', 'updates', 'id'), fc.jsonValue()),
  )
  fc.assert(
    fc.property(message, (header) => {
      try {
        checkFeedMessage(header)
      } catch (error) {
        expect(error).toBeInstanceOf(SimyardError)
        expect((error as SimyardError).code).toBe('STREAM_BAD_MESSAGE')
      }
    }),
  )
})

test('fields that nobody knows are left out, but for those of nodes', () => {
  const told = { type: 'console', stream: 'stdout', line: 'x', more: 1 }
  expect(checkFeedMessage(told)).toEqual({ type: 'console', stream: 'stdout', line: 'x' })
  const frame = { timeMs: 1, updates: [{ id: 1, translation: '0 0 0', url: ['a.png'], more: 'x' }] }
  expect(checkFeedMessage({ type: 'frame', full: true, frame })).toEqual({ type: 'frame', full: true, frame })
})

test.each(['made/floor-1.png', 'made/a/b.jpg'])('%s is a place for what a run has made', (path) => {
  expect(checkFeedMessage({ type: 'made-file', path })).toEqual({ type: 'made-file', path })
})

test.each(['../a.png', '/a.png', 'made/../../a.png', 'made//a.png', 'floor.png', 'made/a\\b.png', 'https://x/a.png'])(
  '%s is none',
  (path) => {
    expect(() => checkFeedMessage({ type: 'made-file', path })).toThrow(SimyardError)
  },
)

test.each(['javascript:alert(1)/', 'file:///etc/', 'https://x/a', 'https://x/?a=/', '//x/', 'http://a b/'])(
  'files are not at %s',
  (project) => {
    const offer = { host: 'tab', title: '', project, assets: 'https://x/a/' }
    expect(FeedOffer.safeParse(offer).success).toBe(false)
  },
)
