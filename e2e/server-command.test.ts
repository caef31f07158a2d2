import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RunningSimyard, repositoryRoot, startSimyard, TextSocket } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** `simyard server start|stop|restart|status NAME`, as an operator types it in a folder with configurations. */
const folder = mkdtempSync(join(tmpdir(), 'simyard-daemon-'))
let site: RunningSimyard
let port: number

async function command(...words: string[]): Promise<{ code: number; text: string }> {
  const program = join(repositoryRoot, 'apps/simyard/bin/simyard.mjs')
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, 'server', ...words], {
      cwd: folder,
    })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

beforeAll(async () => {
  site = await startSimyard()
  for (const kind of ['session', 'simulation', 'relay']) mkdirSync(join(folder, 'config', kind), { recursive: true })
  const common = { host: '127.0.0.1', server: '127.0.0.1', ssl: false, portRewrite: false, logDir: 'log', port: 0 }
  writeFileSync(
    join(folder, 'config/session/school.json'),
    JSON.stringify({ ...common, simulationServers: ['127.0.0.1:9'] }),
  )
  writeFileSync(
    join(folder, 'config/simulation/school.json'),
    JSON.stringify({ ...common, warmSimulators: 0, websites: [site.address] }),
  )
  writeFileSync(join(folder, 'config/simulation/alone.json'), JSON.stringify({ ...common, warmSimulators: 0 }))
  writeFileSync(join(folder, 'config/relay/rooms.json'), JSON.stringify({ port: 0, logDir: 'log' }))
  writeFileSync(join(folder, 'config/session/broken.json'), '{"port": 0, "simulationServer": []}')
  writeFileSync(join(folder, 'config/session/clash.json'), JSON.stringify({ ...common, simulationServers: [] }))
  writeFileSync(join(folder, 'config/simulation/clash.json'), JSON.stringify({ ...common, maxConnections: 0 }))
})
afterAll(async () => {
  for (const name of ['school', 'alone', 'rooms']) await command('stop', name)
  await site?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('start, status, start again, restart, stop', async () => {
  expect(await command('status', 'school')).toEqual({
    code: 3,
    text: 'The session server does not run.\nThe simulation server does not run.\n',
  })
  const started = await command('start', 'school')
  expect(started.text).toMatch(/^The session server runs on port \d+ \(process \d+\)\.\nThe simulation server runs on/)
  expect(started.code).toBe(0)
  const pid = readFileSync(join(folder, 'log/.simulation.pid'), 'utf8').trim()
  expect(started.text).toContain(`(process ${pid})`)
  port = Number(/simulation server runs on port (\d+)/.exec(started.text)?.[1])
  expect((await fetch(`http://127.0.0.1:${port}/load`)).status).toBe(200)
  expect(readFileSync(join(folder, 'log/simulation/output.log'), 'utf8')).toContain('Simulation server running on port')

  expect((await command('status', 'school')).code).toBe(0)
  expect(await command('start', 'school')).toMatchObject({ code: 1, text: expect.stringContaining('runs already') })

  const restarted = await command('restart', 'school')
  expect(restarted.text).toContain('The simulation server has stopped.')
  expect(readFileSync(join(folder, 'log/.simulation.pid'), 'utf8').trim()).not.toBe(pid)
  port = Number(/simulation server runs on port (\d+)/.exec(restarted.text)?.[1])

  expect(await command('stop', 'school')).toEqual({
    code: 0,
    text: 'The simulation server has stopped.\nThe session server has stopped.\n',
  })
  expect(existsSync(join(folder, 'log/.simulation.pid'))).toBe(false)
  await expect(fetch(`http://127.0.0.1:${port}/load`)).rejects.toThrow()
  expect((await command('stop', 'school')).text).toContain('did not run')
})

test('a machine with only a simulation server; stop --drain waits for its visitors', async () => {
  const started = await command('start', 'school')
  port = Number(/simulation server runs on port (\d+)/.exec(started.text)?.[1])
  const client = await TextSocket.open(`ws://127.0.0.1:${port}/client`)
  client.send(JSON.stringify({ start: { url: `${site.address}/projects/radio-duet/worlds/radio_duet.wbt` } }))
  await client.next((text) => text.startsWith('webots:ws'))
  const stopping = command('stop', 'school', '--drain')
  await expect.poll(async () => Number(await (await fetch(`http://127.0.0.1:${port}/load`)).text())).toBe(100)
  expect(client.closed).toBeUndefined()
  client.close()
  expect((await stopping).code).toBe(0)

  const alone = await command('start', 'alone')
  expect(alone.text).toMatch(/^The simulation server runs on port \d+/)
  expect((await command('stop', 'alone')).text).toBe('The simulation server has stopped.\n')
})

test('a machine with only a relay', async () => {
  const started = await command('start', 'rooms')
  expect(started.text).toMatch(/^The relay runs on port \d+ \(process \d+\)\.\n$/)
  const address = `http://127.0.0.1:${/port (\d+)/.exec(started.text)?.[1]}`
  expect(await (await fetch(`${address}/healthz`)).text()).toBe('ok')
  expect(await (await fetch(`${address}/readyz`)).text()).toBe('ok')
  expect((await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).status).toBe(201)
  const metrics = await (await fetch(`${address}/metrics`)).text()
  expect(metrics).toContain('simyard_relay_rooms{simulator="expected"} 1')
  expect(metrics).toContain('process_resident_memory_bytes')
  expect((await fetch(`${address}/godot`)).status).toBe(404)
  expect((await command('status', 'rooms')).text).toMatch(/^The relay runs \(process \d+\); /)
  expect(readFileSync(join(folder, 'log/relay/output.log'), 'utf8')).toContain('A room was opened')
  expect((await command('stop', 'rooms')).text).toBe('The relay has stopped.\n')
  await expect(fetch(`${address}/healthz`)).rejects.toThrow()
})

test('what is wrong is said, and nothing keeps running', async () => {
  expect(await command('begin', 'school')).toMatchObject({ code: 1, text: expect.stringContaining('start, stop') })
  expect(await command('strat', 'school')).toMatchObject({
    code: 1,
    text: expect.stringContaining('did you mean "start"'),
  })
  expect(await command('start', 'absent')).toMatchObject({
    code: 1,
    text: expect.stringContaining('config/session/absent.json'),
  })
  expect(await command('start', 'broken')).toMatchObject({
    code: 1,
    text: expect.stringContaining('did you mean "simulationServers"'),
  })
  expect(await command('start', 'clash')).toMatchObject({ code: 1, text: expect.stringContaining('maxConnections') })
  expect(existsSync(join(folder, 'log/.session.pid'))).toBe(false)
})
