import { createServer } from 'node:net'
import { createLogger } from '@simyard/service-host'
import { freePorts } from '@simyard/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { InstancePorts } from './instance-ports.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

function portsAfter(base: number): InstancePorts {
  const ports = new InstancePorts(
    {
      host: '127.0.0.1',
      open: true,
      count: 10,
      find: () => undefined,
      tls: undefined,
      log: createLogger({ name: 'test', level: 'silent' }),
    },
    base,
  )
  open.push(ports)
  return ports
}

describe('ports that programs open by themselves', () => {
  test('are given to one program only, also by two servers of one machine, before anybody has opened them', async () => {
    const base = await freePorts(10)
    const [one, other] = [portsAfter(base), portsAfter(base)]
    const taken = await Promise.all([one, other, one, other].map((ports) => ports.take('program')))
    expect(new Set(taken).size).toBe(4)
    one.release(taken[0]!)
    expect(await other.take('program')).toBe(taken[0])
  })

  test('are none that another program has open', async () => {
    const base = await freePorts(10)
    const ports = portsAfter(base)
    const first = await ports.take('program')
    ports.release(first)
    const stranger = createServer()
    await new Promise<void>((resolve) => stranger.listen(first, resolve))
    open.push(stranger)
    expect(await ports.take('program')).toBeGreaterThan(first)
  })
})
