import { describe, expect, test } from 'vitest'
import { isRevisionPart, matchesRepositoryPrefix, parseRepositoryUrl } from './webots-projects.js'

describe('addresses of worlds in repositories', () => {
  test.each([
    [
      'https://github.com/alice/robots/blob/main/worlds/x.wbt',
      { user: 'alice', repository: 'robots', revision: 'either', parts: ['main'], world: 'worlds/x.wbt' },
    ],
    [
      'https://github.com/alice/robots/tree/feature/arm/a%20b/projects/worlds/x.wbt',
      { revision: 'either', parts: ['feature', 'arm', 'a b', 'projects'] },
    ],
    [
      'webots://github.com/alice/ro.bots/tag/v1.0/samples/worlds/x.wbt',
      { repository: 'ro.bots', revision: 'tag', parts: ['v1.0', 'samples'] },
    ],
    ['webots://github.com/alice/robots/branch/main/worlds/x.wbt', { revision: 'branch', parts: ['main'] }],
    ['https://github.com/alice/robots.git/blob/main/worlds/x.wbt', { repository: 'robots' }],
  ])('%s', (url, expected) => {
    expect(parseRepositoryUrl(url)).toMatchObject(expected)
  })

  test.each([
    ['https://github.com/alice/robots', 'Wrong Webots simulation URL'],
    ['https://github.com/alice/robots/blob/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/raw/main/worlds/x.wbt', 'Missing blob in Webots simulation URL, founds raw'],
    ['https://github.com/a/b/blob/main/world/x.wbt', 'Missing worlds folder in Webots simulation URL'],
    ['https://github.com/a/b/blob/main/worlds/x.proto', 'Missing world file in Webots simulation URL'],
    ['https://github.com/a/b/blob/main/worlds/x.wbt?raw=1', 'Missing world file in Webots simulation URL'],
    ['https://github.com/a/b/blob/main/worlds/x.wbt#L3', 'Missing world file in Webots simulation URL'],
    ['https://github.com/a/b/blob/main/worlds/x?.wbt', 'Missing world file in Webots simulation URL'],
    ['https://github.com/-a/b/blob/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a--b/b/blob/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/../blob/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b;id/blob/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/--upload-pack=x/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/$(id)^{}/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/../../worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/%2e%2e/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/a%2fb/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/a%00b/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/.git/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob/main/a%zz/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['https://github.com/a/b/blob//x/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['webots://github.com/a/b/blob/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
    ['webots://gitlab.com/a/b/tag/main/worlds/x.wbt', 'Wrong Webots simulation URL'],
  ])('%s is refused', (url, message) => {
    expect(() => parseRepositoryUrl(url)).toThrow(message)
  })

  test.each(['-x', 'a..b', '.a', 'a.lock', 'a.', '@', 'a@{1}', 'a~1', 'a b', 'a:b', 'a*', 'a[1'])(
    '%j is no part of a tag or branch',
    (part) => {
      expect(isRevisionPart(part)).toBe(false)
    },
  )
})

test.each([
  ['https://github.com/alice', true],
  ['https://github.com/alice/', true],
  ['https://github.com/ALICE/Robots', true],
  ['https://github.com/alice/robots.git', true],
  ['https://www.github.com/alice/robots', true],
  ['https://github.com/alice/robots/tree/main/', true],
  ['https://github.com/alice/robots/blob/main/worlds/x.wbt', true],
  ['https://github.com/', true],
  ['https://github.com/ali', false],
  ['https://github.com/alice/robot', false],
  ['https://github.com/alice/robots/blob/mai', false],
  ['https://github.com/alice/robots/blob/Main', false],
  ['https://gitlab.com/alice', false],
])('the prefix %s', (prefix, expected) => {
  for (const user of ['alice', 'Alice'])
    for (const kind of ['blob', 'tree']) {
      const address = parseRepositoryUrl(`https://github.com/${user}/robots.git/${kind}/main/worlds/x.wbt`)
      expect(matchesRepositoryPrefix(address, prefix)).toBe(expected)
    }
})
