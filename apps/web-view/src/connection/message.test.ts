import { describe, expect, it } from 'vitest'
import { parseStreamMessage } from './message.js'

describe('parseStreamMessage', () => {
  it.each([
    ['loading:Parsing nodes:40', { type: 'loading', phase: 'Parsing nodes', percent: 40 }],
    [
      'world:worlds/a.wbt:worlds/a.wbt;worlds/b.wbt',
      { type: 'worlds', current: 'worlds/a.wbt', all: ['worlds/a.wbt', 'worlds/b.wbt'] },
    ],
    ['pause: 1024', { type: 'mode', mode: 'pause', timeMs: 1024 }],
    ['paused by client', { type: 'mode', mode: 'pause' }],
    ['real-time', { type: 'mode', mode: 'real-time' }],
    ['delete:12', { type: 'node-removed', id: 'n12' }],
    [
      'node:0:<nodes><Pose id="n7"/></nodes>',
      { type: 'node-added', parent: 'n0', xml: '<nodes><Pose id="n7"/></nodes>' },
    ],
    ['application/json:{"time":32}', { type: 'frame', frame: { timeMs: 32, poses: [], fields: [], labels: [] } }],
    [
      'robot window: {"robot":"e","window":"w"}',
      { type: 'robot-window', robot: 'e', window: 'w', main: false, remove: false },
    ],
    [
      'robot window: {"main":true,"remove":true,"robot":"e","window":"w","visible":false}',
      { type: 'robot-window', robot: 'e', window: 'w', main: true, remove: true },
    ],
    [
      'set controller:c/c.py:2\nimport a\nb',
      { type: 'controller-file', controller: 'c', file: 'c.py', content: 'import a\nb' },
    ],
    ['simyard:{"type":"speed","realTimeFactor":0.5}', { type: 'event', event: { type: 'speed', realTimeFactor: 0.5 } }],
    ['simyard:{"type":"speed"}', { type: 'unknown', text: 'simyard:{"type":"speed"}' }],
    ['application/json:{"time":', { type: 'unknown', text: 'application/json:{"time":' }],
  ])('reads %j', (text, message) => {
    expect(parseStreamMessage(text)).toEqual([message])
  })

  it('splits console lines that share a frame', () => {
    expect(parseStreamMessage('stdout:one\nstderr:two\n')).toEqual([
      { type: 'console', stream: 'stdout', line: 'one' },
      { type: 'console', stream: 'stderr', line: 'two' },
    ])
  })

  it('lets messages of robots share a frame, whose text may have line ends in the older form', () => {
    expect(parseStreamMessage('robot: {"message":"a\\nb","name":"e:1"}\nstdout:one\nreset finished')).toEqual([
      { type: 'robot-message', robot: 'e:1', message: 'a\nb' },
      { type: 'console', stream: 'stdout', line: 'one' },
      { type: 'reset-finished' },
    ])
    expect(parseStreamMessage('robot:e:first\nsecond\nrobot:f:x:y')).toEqual([
      { type: 'robot-message', robot: 'e', message: 'first\nsecond' },
      { type: 'robot-message', robot: 'f', message: 'x:y' },
    ])
  })

  it('reads frames of both dialects as numbers, with any form of a value', () => {
    const frame = {
      timeMs: 32,
      poses: [{ id: 7, translation: [1, 2, 3] }],
      fields: [
        { id: 7, castShadows: 'true' },
        { id: 8, coordIndex: '0 1 -1', url: ['a.png', 'b.png'], intensity: 0.5 },
      ],
      labels: [],
    }
    const changes =
      '[{"id":7,"translation":"1 2 3","castShadows":true},{"id":8,"coordIndex":[0,1,-1],"url":["a.png","b.png"],"intensity":0.5}]'
    for (const key of ['updates', 'poses'])
      expect(parseStreamMessage(`application/json:{"time":32,"${key}":${changes}}`)).toEqual([{ type: 'frame', frame }])
  })

  it('reads labels in frames, even with quotes that break the frame, and as messages of their own', () => {
    const label = { id: 1, font: 'Arial', rgba: '255,0,0,0.5', size: 0.1, x: 0.25, y: 0.5, text: 'say "hi"; bye' }
    const frame = { timeMs: 16, poses: [], fields: [], labels: [label] }
    const broken = JSON.stringify([label]).replaceAll('\\"', '"')
    expect(parseStreamMessage(`application/json:{"time":16,"labels":${broken}}`)).toEqual([{ type: 'frame', frame }])
    expect(parseStreamMessage('label:1;Arial;rgba(255,0,0,0.5);0.1;0.25;0.5;say "hi"; bye', 16)).toEqual([
      { type: 'frame', frame },
    ])
  })

  it.each([
    'visibility:12:1',
    'image[a.png]:data:image/png;base64,AA',
    'video: ws://h 1',
    'multimedia: mjpeg pause ',
    'world info: {"title":"t"}',
  ])('leaves %j aside', (text) => {
    expect(parseStreamMessage(text)).toEqual([])
  })
})
