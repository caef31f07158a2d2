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
    ['application/json:{"time":32}', { type: 'frame', frame: { time: 32 } }],
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
})
