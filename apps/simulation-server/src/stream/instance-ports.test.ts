import { type AddressInfo, createServer } from 'node:net'
import { createLogger } from '@simyard/service-host'
import { afterEach, describe, expect, test } from 'vitest'
import { InstancePorts } from './instance-ports.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A port of the system's choice: those after it are most often free. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

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
    const base = await freePort()
    const [one, other] = [portsAfter(base), portsAfter(base)]
    const taken = await Promise.all([one, other, one, other].map((ports) => ports.take('program')))
    expect(new Set(taken).size).toBe(4)
    one.release(taken[0]!)
    expect(await other.take('program')).toBe(taken[0])
  })

  test('are none that another program has open', async () => {
    const base = await freePort()
    const ports = portsAfter(base)
    const first = await ports.take('program')
    ports.release(first)
    const stranger = createServer()
    await new Promise<void>((resolve) => stranger.listen(first, resolve))
    open.push(stranger)
    expect(await ports.take('program')).toBeGreaterThan(first)
  })
})
