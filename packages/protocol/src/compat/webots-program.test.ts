import { expect, test } from 'vitest'
import { readWebotsLine, type WebotsGeneration, webotsArguments, webotsGeneration } from './webots-program.js'

const launch = { port: 2001, world: '/tmp/w/worlds/a b.wbt', controllerEdit: true, ssl: false }

test.each([
  ['R2019b', 'B'],
  ['R2020a revision 1', 'B'],
  ['R2020b', 'C'],
  ['R2022a', 'C'],
  ['R2022b', 'D'],
  ['Webots version: R2023b', 'D'],
  ['R2025a', 'E'],
  ['nothing', undefined],
])('generation of %s', (release, generation) => {
  expect(webotsGeneration(release)).toBe(generation)
})

test.each<[WebotsGeneration, string | undefined, string]>([
  ['B', undefined, '--batch --mode=pause --minimize --stream="port=2001;monitorActivity;controllerEdit"'],
  [
    'C',
    'x3d',
    '--batch --mode=pause --minimize --no-rendering --stream="port=2001;mode=x3d;monitorActivity;controllerEdit"',
  ],
  ['C', 'mjpeg', '--batch --mode=pause --minimize --stream="port=2001;mode=mjpeg;monitorActivity;controllerEdit"'],
  ['D', undefined, '--batch --mode=pause --minimize --no-rendering --port=2001 --heartbeat=5000 --stream'],
  ['D', 'x3d', '--batch --mode=pause --minimize --no-rendering --port=2001 --heartbeat=5000 --stream=x3d'],
  ['D', 'mjpeg', '--batch --mode=pause --port=2001 --heartbeat=5000 --stream=mjpeg'],
  // The newest releases refuse x3d, which pages of older ones still ask for.
  ['E', 'x3d', '--batch --mode=pause --minimize --no-rendering --port=2001 --heartbeat=5000 --stream=w3d'],
])('arguments of generation %s, mode %s', (generation, mode, expected) => {
  expect(webotsArguments(generation, { ...launch, mode })).toEqual([...expected.split(' '), launch.world])
})

test('the multimedia server and TLS of the oldest generation', () => {
  const args = webotsArguments('B', {
    ...launch,
    controllerEdit: false,
    ssl: true,
    multimediaServer: 'https://m.example',
    multimediaStream: 'webots',
  })
  expect(args[3]).toBe(
    '--stream="port=2001;monitorActivity;multimediaServer=https://m.example;multimediaStream=webots;ssl"',
  )
})

test.each([
  ['open: worlds/a.wbt', { type: 'alive' }],
  ['.', { type: 'alive' }],
  ['pause', { type: 'mode', running: false }],
  ['real-time', { type: 'mode', running: true }],
  ['step', { type: 'mode', running: true }],
  ['fast\r', { type: 'mode', running: true }],
  ['reset', { type: 'reset' }],
  ['INFO: my_controller: Starting controller', { type: 'other' }],
  ['pausing', { type: 'other' }],
])('output line %s', (line, meaning) => {
  expect(readWebotsLine(line)).toEqual(meaning)
})
