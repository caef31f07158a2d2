import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { checkFeedMessage, isForWatchers, type ServerToSimulator, type SimulatorToServer } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { SimulatorSession } from './session.js'

const root = new URL('../../../', import.meta.url)
const worlds = readdirSync(new URL('projects/', root)).flatMap((project) => {
  const folder = new URL(`projects/${project}/worlds/`, root)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.wbt'))
  return files.map((file) => [project, `worlds/${file}`] as const)
})
const RUN_MS = 400

/** Everything that a simulator says in a world of the gallery while all that can be watched is. */
async function sayingsOf(project: string, world: string): Promise<SimulatorToServer[]> {
  const said: SimulatorToServer[] = []
  let finished: () => void = () => undefined
  const over = new Promise<void>((resolve) => {
    finished = resolve
  })
  const say = (message: ServerToSimulator, body = new Uint8Array(0)) => session.receive(message, body)
  const robots = new Set<string>()
  const pictures: { robot: string; device: string }[] = []
  const watch = () => {
    const names = [...robots]
    say({ type: 'watch', robots: names, sampled: names, pictures, contacts: true })
  }
  const session: SimulatorSession = new SimulatorSession({
    send: (message) => {
      said.push(message)
      switch (message.type) {
        case 'read-file': {
          const folder = message.scope === 'project' ? `projects/${project}/` : ''
          const file = new URL(`${folder}${message.path}`, root)
          const { request } = message
          if (existsSync(file)) return say({ type: 'file', request, found: true }, readFileSync(file))
          return say({ type: 'file', request, found: false })
        }
        case 'start-controller':
          return say({ type: 'controller-ended', controller: message.controller, exitCode: null, signal: null })
        case 'devices':
          for (const { name, type } of message.devices) {
            if (/Camera|RangeFinder|Lidar/.test(type)) pictures.push({ robot: message.robot, device: name })
          }
          return
        case 'loaded':
          for (const { name } of message.robots) robots.add(name)
          queueMicrotask(() => {
            watch()
            watch()
            say({ type: 'export-scene', request: 1, dialect: 'x3d' })
            say({ type: 'mode', mode: 'fast', untilMs: RUN_MS })
          })
          return
        case 'mode':
          if (message.by === 'limit') finished()
          return
        case 'load-failed':
          throw new Error(message.error.message)
      }
    },
    clock: {
      now: () => performance.now(),
      setTimer: (callback, ms) => setTimeout(callback, ms),
      clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    close: () => undefined,
  })
  say({ type: 'load', world })
  await over
  say({ type: 'close' })
  return said
}

test.each(worlds)(
  'all that watchers of %s are told is what a relay lets through, unchanged',
  async (project, world) => {
    const said = await sayingsOf(project, world)
    const kinds = new Set(said.map(({ type }) => type))
    expect(kinds).toContain('frame')
    expect(kinds).toContain('scene')
    expect(kinds).toContain('readings')
    if (project === 'lidar-explorer') expect(kinds).toContain('picture')
    for (const message of said.filter(isForWatchers)) {
      const carried: unknown = JSON.parse(JSON.stringify(message))
      expect(checkFeedMessage(carried)).toEqual(carried)
    }
  },
)
