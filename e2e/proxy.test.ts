import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  freePorts,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startServer,
  startSimyard,
} from '@simyard/testkit'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))

/** A real proxy with the configurations of deploy/: everything on one port, and servers by themselves as the originals. */
describe.skipIf(!nginx)(`behind a proxy${nginx ? '' : ' (skipped: nginx is not installed)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-proxy-'))
  let site: RunningSimyard
  let proxy: ChildProcess
  let port: number
  let portOfAll: number
  const servers: RunningServer[] = []

  beforeAll(async () => {
    port = await freePorts(1)
    portOfAll = await freePorts(1)
    site = await startSimyard()
    const behind = { ssl: true, portRewrite: true, server: `127.0.0.1:${port}` }
    const simulation = await startServer('simulation-server', {
      ...behind,
      warmSimulators: 0,
      websites: [`https://127.0.0.1:${port}`, site.address],
    })
    servers.push(simulation)
    await writeConfiguration()
    proxy = spawn(nginx!, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    proxy.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await vi.waitFor(async () => expect(await get('/healthz').catch(() => said)).toBe('ok'), { timeout: 30_000 })
    // The certificate is one of our own making; an installation has one that is trusted.
    const session = await startServer(
      'session-server',
      { ...behind, simulationServers: [`127.0.0.1:${port}/${simulation.port}`], loadThreshold: 1000 },
      { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') },
    )
    servers.push(session)
  })
  afterAll(async () => {
    proxy?.kill('SIGTERM')
    for (const server of servers) await server.stop()
    await site?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function writeConfiguration(): Promise<void> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    })
    writeFileSync(join(folder, 'cert.pem'), cert)
    writeFileSync(join(folder, 'key.pem'), key)
    mkdirSync(join(folder, 'temp'))
    // Only what a test has to change: names, files, and ports that are free now.
    const configuration = (name: string, ownPort: number) =>
      readFileSync(join(repositoryRoot, 'deploy', name), 'utf8')
        .replace('listen 443 ssl;', `listen 127.0.0.1:${ownPort} ssl;`)
        .replace('  listen [::]:443 ssl;\n', '')
        .replace('robots.example;', '127.0.0.1;')
        .replace(/ssl_certificate {5}\S+;/, `ssl_certificate ${join(folder, 'cert.pem')};`)
        .replace(/ssl_certificate_key \S+;/, `ssl_certificate_key ${join(folder, 'key.pem')};`)
        .replace('$host;', '$http_host;')
        .replace('(1999|20[0-9][0-9])', '([0-9]+)')
        .replace('http://127.0.0.1:8000', site.address)
    const server =
      configuration('nginx-servers.conf', port) + configuration('nginx-up.conf', portOfAll).replace(/^map [^}]*}/m, '')
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, 'temp', name)};`,
    )
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off;\nuser root;\npid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temp.join('\n')}\n${server}\n}\n`,
    )
  }

  function get(path: string, ofPort = port): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: ofPort, path, rejectUnauthorized: false }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        response.on('end', () => resolve(text))
      })
        .on('error', reject)
        .end()
    })
  }

  function open(
    url: string,
  ): Promise<{ socket: WebSocket; next(matches: (text: string) => boolean): Promise<string> }> {
    const received: string[] = []
    const socket = new WebSocket(url, { rejectUnauthorized: false })
    socket.on('message', (data) => received.push(String(data)))
    const next = async (matches: (text: string) => boolean) => {
      await expect.poll(() => received.some(matches)).toBe(true)
      return received.find(matches)!
    }
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve({ socket, next }))
      socket.once('error', reject)
    })
  }

  test('a visitor gets from the session server to the stream and its files through one TLS port', async () => {
    const session = servers[1]!.port
    const server = await get(`/${session}/session`)
    expect(server).toBe(`wss://127.0.0.1:${port}/${servers[0]!.port}`)
    const news = await open(`wss://127.0.0.1:${port}/${session}/`)
    expect(await news.next((text) => text === '1')).toBe('1')

    const client = await open(`${server}/client`)
    client.socket.send(
      JSON.stringify({ start: { url: `${site.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt` } }),
    )
    const address = (await client.next((text) => text.startsWith('webots:'))).slice('webots:'.length)
    expect(address).toMatch(new RegExp(`^wss://127\\.0\\.0\\.1:${port}/\\d+$`))
    const stream = await open(`${address}/`)
    stream.socket.send('x3d')
    const model = await stream.next((text) => text.startsWith('model:'))
    const [texture] = /assets\/[^'"]+\.(png|jpg)/.exec(model) ?? []
    expect(texture).toBeDefined()
    const bytes = await get(`${new URL(address).pathname}/${texture}`)
    expect(bytes.length).toBeGreaterThan(100)
    for (const { socket } of [client, stream, news]) socket.close()
  })

  test('the whole of Simyard behind the proxy gives out addresses of the proxy', async () => {
    const server = await get('/session', portOfAll)
    expect(server).toBe(`wss://127.0.0.1:${portOfAll}/2000`)
    const client = await open(`${server}/client`)
    const url = `https://127.0.0.1:${portOfAll}/projects/radio-duet/worlds/radio_duet.wbt`
    client.socket.send(JSON.stringify({ start: { url } }))
    const address = (await client.next((text) => text.startsWith('webots:'))).slice('webots:'.length)
    const stream = await open(`${address}/`)
    stream.socket.send('x3d')
    await stream.next((text) => text.startsWith('model:'))
    for (const { socket } of [client, stream]) socket.close()
  })
})

const analyze = '/usr/bin/systemd-analyze'
const noSystemd = existsSync(analyze) ? '' : ' (skipped: systemd-analyze is not installed)'

test.skipIf(noSystemd)(`the units are what systemd understands${noSystemd}`, () => {
  for (const name of ['simyard', 'simyard-session-server', 'simyard-simulation-server']) {
    const file = join(repositoryRoot, `deploy/systemd/${name}.service`)
    const text = execFileSync(analyze, ['verify', '--man=no', file], { encoding: 'utf8', stdio: 'pipe' })
    expect(text).toBe('')
  }
})
