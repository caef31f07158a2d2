import { readdirSync, readFileSync } from 'node:fs'
import { SimyardError } from '@simyard/protocol'
import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { childNodes, exportX3d, type FileSource, getString, isDevice, loadScene, type SceneNode } from './index.js'

const folder = new URL('../../../protos/', import.meta.url)

/** One world in memory, with the PROTOs that ship with Simyard. */
function library(world: string): FileSource {
  return {
    async read(url) {
      if (url === 'project:/worlds/w.wbt') return new TextEncoder().encode(`#VRML_SIM R2025a utf8\n${world}`)
      if (!url.startsWith('asset:/protos/')) throw new SimyardError('SCENE_FILE_MISSING', `no file ${url}`)
      try {
        return readFileSync(new URL(url.slice('asset:/protos/'.length), folder))
      } catch {
        throw new SimyardError('SCENE_FILE_MISSING', `no file ${url}`)
      }
    },
  }
}

function deviceNames(node: SceneNode): string[] {
  const own = isDevice(node.type) ? [getString(node, 'name')] : []
  return [...own, ...childNodes(node).flatMap(deviceNames)]
}

const files = readdirSync(folder).filter((name) => name.endsWith('.proto'))
const names = files.map((name) => name.slice(0, -'.proto'.length)).sort()
const appearances = ['Parquetry', 'ChequeredParquetry', 'Asphalt', 'Roughcast', 'PaintedWood', 'Grass', 'Pavement']

test('index.json lists every PROTO', () => {
  expect(JSON.parse(readFileSync(new URL('index.json', folder), 'utf8'))).toEqual(names)
})

test.each(names)('%s loads without a complaint', async (name) => {
  const node = appearances.includes(name) ? `Shape { appearance ${name} {} geometry Box {} }` : `${name} {}`
  const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: library(node) })
  expect(scene.diagnostics).toEqual([])
  for (const item of scene.byId.values()) {
    for (const value of item.fields.get('url') ? (item.fields.get('url') as string[]) : []) {
      await expect(library('').read(value)).resolves.toBeInstanceOf(Uint8Array)
    }
  }
})

describe('device names', () => {
  const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  test.each([
    [
      'E-puck { groundSensorsSlot [ E-puckGroundSensors {} ] }',
      [
        ...['left wheel motor', 'right wheel motor', 'left wheel sensor', 'right wheel sensor', 'camera'],
        ...['accelerometer', 'gyro', 'emitter', 'receiver'],
        ...numbered('ps', 8),
        ...numbered('ls', 8),
        ...numbered('led', 10),
        ...numbered('gs', 3),
      ],
    ],
    [
      'Thymio2 {}',
      [
        ...['motor.left', 'motor.right', 'leds.top', 'acc', 'button.center'],
        ...numbered('prox.horizontal.', 7),
        ...numbered('prox.ground.', 2),
      ],
    ],
    ['Pioneer3dx {}', ['left wheel', 'right wheel', ...numbered('so', 16)]],
    ['FourWheelRobot {}', ['wheel1', 'wheel2', 'wheel3', 'wheel4', 'ds_left', 'ds_right']],
  ])('%s', async (world, expected) => {
    const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: library(world) })
    expect(deviceNames(scene.nodes[0]!)).toEqual(expect.arrayContaining(expected))
  })
})

test.each(['x3d', 'x3d-2019'] as const)('a world with everything goes out as %s', async (dialect) => {
  const bodies = names.filter((name) => !appearances.includes(name)).map((name) => `${name} {}`)
  const shapes = appearances.map((name) => `Shape { appearance ${name} {} geometry Box {} }`)
  const world = `WorldInfo {}\nViewpoint {}\n${[...bodies, ...shapes].join('\n')}`
  const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: library(world) })
  const text = exportX3d(scene, { dialect })
  expect(XMLValidator.validate(text)).toBe(true)
  const ids = [...text.matchAll(/ id='(n\d+)'/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  for (const used of text.matchAll(/ USE='(n\d+)'/g)) expect(ids).toContain(used[1])
})
