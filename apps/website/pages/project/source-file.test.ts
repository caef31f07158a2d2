import { expect, it } from 'vitest'
import { controllerOf, controllersOf, editableFiles } from './source-file.js'

const files = [
  'controllers/a/a.py',
  'controllers/a/lib.py',
  'controllers/b/b.js',
  'worlds/w.wbt',
  'controllers/a/a.png',
].map((path) => ({ path, size: 10 }))

it('reads the controllers of a world', () => {
  expect(
    controllersOf(
      'Robot {\n  controller "a"\n}\n# controller "no"\nE-puck { controller "b" }\nR { controller "<extern>" }',
    ),
  ).toEqual(['a', 'b'])
})

it('offers the files of these controllers, the main one first', () => {
  expect(editableFiles(files, ['a'])).toEqual(['controllers/a/a.py', 'controllers/a/lib.py'])
  expect(editableFiles(files, ['gone'])).toEqual(['controllers/a/a.py', 'controllers/b/b.js', 'controllers/a/lib.py'])
})

it('names a controller and its file', () => {
  expect(controllerOf('controllers/a/lib.py')).toEqual({ name: 'a', file: 'lib.py' })
  expect(controllerOf('worlds/w.wbt')).toBeUndefined()
})
