import { readdirSync, readFileSync } from 'node:fs'
import { SimyardError } from '@simyard/protocol'
import { describe, expect, test } from 'vitest'
import { childNodes, type FileSource, getString, isDevice, loadScene, type SceneNode } from './index.js'

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
  ])('%s', async (world, expected) => {
    const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: library(world) })
    expect(deviceNames(scene.nodes[0]!)).toEqual(expect.arrayContaining(expected))
  })
})
