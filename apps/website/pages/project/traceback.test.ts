import { describe, expect, it } from 'vitest'
import { findSourceLink, matchFile, TracebackReader } from './traceback.js'

const files = ['controllers/a/main.py', 'controllers/b/main.py', 'controllers/b/helper.py']

describe('traceback', () => {
  it('finds places in lines of Python and JavaScript', () => {
    expect(findSourceLink('  File "/work/code/x.py", line 12, in <module>')).toMatchObject({
      file: '/work/code/x.py',
      line: 12,
    })
    expect(findSourceLink('    at drive (file:///work/controllers/a/a.js:3:15)')).toMatchObject({ line: 3 })
    expect(findSourceLink('speed 10:30')).toBeUndefined()
  })

  it('takes the file with the longest common end', () => {
    expect(matchFile('/run/controllers/b/main.py', files)).toBe('controllers/b/main.py')
    expect(matchFile('/usr/lib/python3/random.py', files)).toBeUndefined()
  })

  it('reports the innermost place of the own code with the message', () => {
    const reader = new TracebackReader(() => files)
    const lines = [
      'Traceback (most recent call last):',
      '  File "/p/controllers/b/main.py", line 9, in <module>',
      '    run()',
      '  File "/p/controllers/b/helper.py", line 4, in run',
      '  File "/usr/lib/python3/json.py", line 400, in loads',
      'ValueError: no',
    ]
    expect(lines.map((line) => reader.push(line)).at(-1)).toEqual({
      file: 'controllers/b/helper.py',
      line: 4,
      message: 'ValueError: no',
    })
  })
})
