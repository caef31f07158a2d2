import { readConfig } from '@simyard/service-host'
import { expect, test } from 'vitest'
import { SessionServerConfig } from './config.js'
import { monitorAddress, settle } from './settings.js'

const parse = (config: Record<string, unknown>) =>
  SessionServerConfig.parse({ port: 1999, simulationServers: ['h:2000'], ...config })

test('what a file of the current servers leaves out has their values', () => {
  const config = parse({ simulationServers: ['robots.example/2000'], server: 'robots.example' })
  expect(settle(config)).toMatchObject({ ssl: true, loadThreshold: 95, unreachableLoad: 1000, warnings: [] })
  expect(config.host).toBeUndefined()
  expect(monitorAddress(config, true, 1999)).toBe('https://robots.example/1999/monitor')
})

test('a file of 2019 is one with generation 2019', () => {
  const config = parse({ generation: '2019', server: 'robots.example' })
  expect(settle(config)).toMatchObject({ ssl: false, loadThreshold: 99, unreachableLoad: 100, warnings: [] })
  expect(monitorAddress(config, false, 1999)).toBe('http://robots.example:1999/monitor')
  const secure = parse({ generation: '2019', sslKey: 'k.pem', sslCertificate: 'c.pem' })
  expect(settle(secure)).toMatchObject({ ssl: true, tls: { certificate: 'c.pem', key: 'k.pem' } })
})

test('a file of 2019 that does not say so is warned about', () => {
  expect(settle(parse({})).warnings).toEqual([expect.stringContaining('"generation": "2019"')])
  expect(settle(parse({ ssl: true })).warnings).toEqual([])
})

test('one of the two TLS files alone is refused', () => {
  expect(() => settle(parse({ sslKey: 'k.pem' }))).toThrow(/"sslKey" is set and "sslCertificate" is not/)
})

test("the original's own file is understood", () => {
  const original = {
    server: 'localhost',
    port: 1999,
    portRewrite: false,
    ssl: false,
    debug: true,
    simulationServers: ['localhost:2000'],
    administrator: 'admin@robots.example',
    mailServer: 'smtp.robots.example',
    mailServerPort: 587,
    mailSender: 'simulations@robots.example',
    mailSenderUser: 'simulations',
    mailSenderPassword: 'secret',
    logDir: '~/log',
  }
  expect(SessionServerConfig.parse(original)).toMatchObject(original)
})

test.each([
  [{ simulationServers: ['ws://h:2000'] }, /host:port/],
  [{ simulationServers: ['h:2000', 'h:2000'] }, /twice/],
  [{ fleetKey: 'short' }, /at least 16/],
  [{ webhooks: ['ftp://x'] }, /http/],
  [{ generation: '2018' }, /2019/],
])('%j is refused', (change, reason) => {
  const result = SessionServerConfig.safeParse({ simulationServers: [], ...change })
  expect(JSON.stringify(result.error?.issues)).toMatch(reason)
})

test('the file that is used without an argument serves this machine only', () => {
  const config = readConfig(
    new URL('../../../config/session/local.json', import.meta.url).pathname,
    SessionServerConfig,
  )
  expect(config).toMatchObject({ host: '127.0.0.1', port: 1999, ssl: false, simulationServers: ['localhost:2000'] })
})
