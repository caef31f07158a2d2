import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createFolderExhibits, createFolderStore, type ExhibitStore } from '@simyard/projects'
import { animationId } from '@simyard/protocol'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp, type WebsiteOptions } from './website.js'

const UPLOADS_PER_HOUR = 30
const SCENE = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE X3D PUBLIC "ISO//Web3D//DTD X3D 3.0//EN" "http://www.web3d.org/specifications/x3d-3.0.dtd">
<X3D version="3.0" profile="Immersive">
<head>
<meta name="generator" content="Webots" />
<meta name="version" content="R2025a" />
</head>
<Scene>
<WorldInfo id='n1' title='Tom &amp; Jerry' info='"A chase." "By &lt;nobody&gt;"' basicTimeStep='32'></WorldInfo>
</Scene>
</X3D>
`
const ANIMATION = '{"basicTimeStep":32,"labelsIds":"","frames":[{"time":0,"updates":[]},\n{"time":32},{"time":960}]}\n'
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])

let folder: string
let app: FastifyInstance
let exhibits: ExhibitStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simyard-animation-'))
  await mkdir(join(folder, 'pages'))
  await writeFile(join(folder, 'pages/exhibit.html'), '<!doctype html>exhibit')
  exhibits = createFolderExhibits({ dataDir: join(folder, 'data') })
  app = await createApp(options())
  await app.ready()
})
afterEach(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

const options = (): WebsiteOptions => ({
  store: createFolderStore({ galleryDir: join(folder, 'pages'), dataDir: join(folder, 'data') }),
  exhibits,
  pagesDir: join(folder, 'pages'),
  viewDir: folder,
  workerDir: folder,
  pythonDir: folder,
  scriptsDir: folder,
  assets: {},
  status: () => ({ version: '0.1.0', sandbox: { driver: 'none', ok: false, message: 'off' } }),
  uploadsPerHour: UPLOADS_PER_HOUR,
})

type Part = readonly [field: string, name: string, content: string | Uint8Array<ArrayBuffer>]
const scene: Part = ['scene-file', 'my world.x3d', SCENE]
const animation: Part = ['animation-file', 'my world.json', ANIMATION]

async function upload(parts: readonly Part[], headers: Record<string, string> = {}, site = app) {
  const form = new FormData()
  for (const [field, name, content] of parts) form.append(field, new File([content], name))
  form.append('user', '')
  form.append('password', '')
  const body = new Response(form)
  return site.inject({
    method: 'POST',
    url: '/ajax/animation/create.php',
    headers: { 'content-type': body.headers.get('content-type')!, host: 'robots.example', ...headers },
    payload: Buffer.from(await body.arrayBuffer()),
  })
}

/** As pages send it: JSON that says it is plain text. */
const post = (path: string, body: unknown, type = 'text/plain;charset=UTF-8') =>
  app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': type, host: 'robots.example' },
    payload: JSON.stringify(body),
  })
const finish = (id: number) => post('/ajax/animation/create.php', { uploading: 0, uploadId: id })
const list = async (body: unknown) => (await post('/ajax/animation/list.php', body)).json()

const leftovers = async () => [
  ...(await readdir(join(folder, 'data/exhibits')).catch(() => [])),
  ...(await readdir(join(folder, 'data/tmp')).catch(() => [])),
]

describe('an upload as pages make it', () => {
  test('is told, shown once it is finished, and has its files below its page', async () => {
    const reply = await upload([
      scene,
      animation,
      ['thumbnail-file', 'x.jpg', JPEG],
      ['textures[]', 'wood.png', 'png'],
      ['textures[]', 'sky.HDR', 'hdr'],
      ['meshes[]', 'arm.obj', 'obj'],
      // What a page sends for an input without a file.
      ['meshes[]', '', ''],
    ])
    expect(reply.headers).toMatchObject({
      'content-type': expect.stringContaining('application/json'),
      'x-robots-tag': 'noindex',
    })
    const told = reply.json()
    const path = `/A${animationId(told.id)}`
    const size = SCENE.length + ANIMATION.length + JPEG.length + 9
    expect(told).toEqual({
      id: expect.any(Number),
      url: `http://robots.example${path}`,
      title: 'Tom &#38; Jerry',
      description: 'A chase.\nBy &#60;nobody&#62;',
      version: 'R2025a',
      duration: 960,
      size,
      viewed: 0,
      user: 0,
      uploaded: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      total: 1,
      key: expect.any(String),
    })
    expect(await list({})).toEqual({ animations: [], total: 0 })
    expect((await app.inject(path)).statusCode).toBe(404)
    expect((await app.inject(`${path}/scene.x3d`)).statusCode).toBe(404)

    expect((await finish(told.id)).body).toBe('{"status": "uploaded"}')
    const { total: _, key, ...entry } = told
    expect(await list({ offset: 0, limit: 8, sortBy: 'default', search: 'chase' })).toEqual({
      animations: [entry],
      total: 1,
    })
    const page = await app.inject(path)
    expect(page.body).toContain('exhibit')
    expect(page.headers['content-security-policy']).toMatch(/img-src 'self' data: blob: https:\/\/raw\./)
    expect((await app.inject(path.replace('/A', '/S'))).headers.location).toBe(path)
    for (const place of [path, `/storage${path}`]) {
      expect((await app.inject(`${place}/scene.x3d`)).body).toBe(SCENE)
      expect((await app.inject(`${place}/animation.json`)).body).toBe(ANIMATION)
      expect((await app.inject(`${place}/thumbnail.jpg`)).rawPayload).toEqual(JPEG)
      expect((await app.inject(`${place}/textures/wood.png`)).body).toBe('png')
      expect((await app.inject(`${place}/meshes/arm.obj`)).headers['content-type']).toContain('text/plain')
    }
    const file = await app.inject(`${path}/scene.x3d`)
    expect(file.headers['content-security-policy']).toContain('sandbox')
    const again = await app.inject({
      url: `${path}/scene.x3d`,
      headers: { 'if-none-match': String(file.headers.etag) },
    })
    expect(again.statusCode).toBe(304)
    const packed = await app.inject({ url: `${path}/scene.x3d`, headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
    expect(gunzipSync(packed.rawPayload).toString()).toBe(SCENE)
    const removal = { method: 'DELETE', url: `/api/v1/recordings/${animationId(told.id)}` } as const
    expect((await app.inject(removal)).json()).toMatchObject({ error: { code: 'EXHIBIT_WRONG_KEY' } })
    const removed = await app.inject({ ...removal, headers: { authorization: `Bearer ${key}` } })
    expect(removed.statusCode).toBe(200)
    expect(await leftovers()).toEqual([])
  })

  test('a scene alone has a page of its own', async () => {
    const told = (await upload([scene])).json()
    expect(told).toMatchObject({ url: `http://robots.example/S${animationId(told.id)}`, duration: 0 })
    await finish(told.id)
    await finish((await upload([scene, animation])).json().id)
    expect((await list({ type: 'S' })).total).toBe(1)
    expect((await list({ type: 'A' })).total).toBe(1)
    expect((await list({})).total).toBe(2)
    expect((await list({ type: 17 })).total).toBe(0)
    expect((await list({ search: 'nothing like that' })).total).toBe(0)
  })

  test('goes away when nobody finishes it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    // Every draft is old at once.
    const impatient = createFolderExhibits({ dataDir: join(folder, 'data'), draftAgeMs: -1 })
    const other = await createApp({ ...options(), exhibits: impatient })
    vi.advanceTimersByTime(30_000)
    const { id } = (await upload([scene], {}, other)).json()
    expect(await leftovers()).toEqual([String(id)])
    vi.advanceTimersByTime(30_000)
    vi.useRealTimers()
    await expect.poll(leftovers).toEqual([])
    await other.close()
  })

  test('a page that is opened is counted once an hour and visitor', async () => {
    const { id, url } = (await upload([scene])).json()
    await finish(id)
    await list({ url })
    expect(await list({ url: `${url}?x#t=1` })).toMatchObject({ animation: { id, viewed: 1 } })
    expect(await list({ url: 'http://robots.example/A000000' })).toMatchObject({ code: 'EXHIBIT_NOT_FOUND' })
  })
})

test('an upload as Webots makes it: names without quotes, a texture that is none', async () => {
  const parts = [
    'Content-Disposition: form-data; name=textures[]; filename=\r\n\r\n',
    `Content-Disposition: form-data; name=animation-file; filename=cloud_export.json\r\n\r\n${ANIMATION}`,
    `Content-Disposition: form-data; name=scene-file; filename=cloud_export.x3d\r\n\r\n${SCENE}`,
    'Content-Disposition: form-data; name=type\r\n\r\nA',
  ]
  const reply = await app.inject({
    method: 'POST',
    url: '/ajax/animation/create.php',
    headers: { 'content-type': 'multipart/form-data; boundary="b0undary"' },
    payload: `${parts.map((part) => `--b0undary\r\n${part}\r\n`).join('')}--b0undary--\r\n`,
  })
  // It takes the line that begins with a brace, and numbers of 31 bits.
  expect(reply.body).toMatch(/^\{.*\}$/)
  const { id, url } = reply.json()
  expect(url).toMatch(/^http:\/\/\S+\/A[\w-]{6}$/)
  expect(id | 0).toBe(id)
  const finished = await post('/ajax/animation/create.php', { uploading: 0, uploadId: id }, 'application/json')
  expect(finished.body).toBe('{"status": "uploaded"}')
  expect((await exhibits.get(id)).files.map(({ path }) => path)).toEqual(['animation.json', 'scene.x3d'])
})

describe('hostile uploads', () => {
  const bad: readonly [what: string, code: string, parts: readonly Part[]][] = [
    ['without a scene', 'EXHIBIT_INVALID', [animation]],
    ['with nothing', 'EXHIBIT_INVALID', []],
    ['a scene that is a page', 'EXHIBIT_INVALID', [['scene-file', 'x.x3d', '<html><script>alert(1)</script></html>']]],
    ['an animation that is none', 'EXHIBIT_INVALID', [scene, ['animation-file', 'a.json', '[1, 2]']]],
    ['an animation without frames', 'EXHIBIT_INVALID', [scene, ['animation-file', 'a.json', '{"basicTimeStep":8,']]],
    ['a thumbnail that is none', 'EXHIBIT_INVALID', [scene, ['thumbnail-file', 'a.jpg', '<svg/>']]],
    ['a texture that is a page', 'EXHIBIT_INVALID', [scene, ['textures[]', 'evil.html', '<script>']]],
    ['a texture that is a drawing', 'EXHIBIT_INVALID', [scene, ['textures[]', 'evil.svg', '<script>']]],
    ['a mesh that is a texture', 'EXHIBIT_INVALID', [scene, ['meshes[]', 'a.png', 'png']]],
    ['a file of another name', 'EXHIBIT_INVALID', [scene, ['shell', 'a.php', '<?php']]],
    ['two scenes', 'FILE_PATH_INVALID', [scene, scene]],
    [
      'two textures of a name',
      'FILE_PATH_INVALID',
      [scene, ['textures[]', 'a.png', '1'], ['textures[]', 'A.PNG', '2']],
    ],
    ['a hidden texture', 'FILE_PATH_INVALID', [scene, ['textures[]', '.png.png', '1']]],
    [
      'a large thumbnail',
      'FILE_TOO_LARGE',
      [scene, ['thumbnail-file', 'a.jpg', Buffer.concat([JPEG, Buffer.alloc(1024 * 1024)])]],
    ],
    ['a large texture', 'FILE_TOO_LARGE', [scene, ['textures[]', 'a.png', Buffer.alloc(8 * 1024 * 1024 + 1)]]],
    ['many textures', 'FILE_TOO_LARGE', Array.from({ length: 206 }, (_, i): Part => ['textures[]', `${i}.png`, 'x'])],
  ]

  test.each(bad)('%s: %s, and nothing is left', async (_what, code, parts) => {
    const reply = await upload(parts)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toEqual({ code, error: expect.stringMatching(/\.$/) })
    expect(await leftovers()).toEqual([])
    expect(await exhibits.list()).toEqual([])
  })

  test.each(['../../../evil.png', '..\\..\\evil.png', '/etc/evil.png'])('%s stays in its folder', async (name) => {
    const { id } = (await upload([scene, ['textures[]', name, 'x']])).json()
    await finish(id)
    expect((await exhibits.get(id)).files.map(({ path }) => path)).toEqual(['scene.x3d', 'textures/evil.png'])
    expect(await readdir(join(folder, 'data/exhibits', String(id), 'files/textures'))).toEqual(['evil.png'])
  })

  test('files of others are not given out', async () => {
    const { id } = (await upload([scene])).json()
    await finish(id)
    const path = `/S${animationId(id)}`
    for (const inside of ['exhibit.json', '..%2fexhibit.json', '%2e%2e/exhibit.json', '../../../data/exhibits'])
      expect((await app.inject(`${path}/${inside}`)).statusCode).toBeGreaterThanOrEqual(400)
  })

  test('what is no form, or no request, is told', async () => {
    const send = (type: string, payload: string) =>
      app.inject({ method: 'POST', url: '/ajax/animation/create.php', headers: { 'content-type': type }, payload })
    expect((await send('multipart/form-data', 'x')).json()).toMatchObject({ code: 'REQUEST_INVALID' })
    const cut = '--b\r\nContent-Disposition: form-data; name="scene-file"; filename="a.x3d"\r\n\r\n<X3D>'
    expect((await send('multipart/form-data; boundary=b', cut)).json()).toMatchObject({ code: 'REQUEST_INVALID' })
    expect((await send('application/json', '{')).json()).toMatchObject({ code: 'REQUEST_INVALID' })
    expect((await send('application/json', '{"uploading":1,"uploadId":2}')).json()).toMatchObject({
      code: 'REQUEST_INVALID',
    })
    expect((await finish(12)).json()).toMatchObject({ code: 'EXHIBIT_NOT_FOUND' })
    expect(await leftovers()).toEqual([])
  })

  test('a page of another site cannot make its visitors upload', async () => {
    const reply = await upload([scene], { origin: 'https://evil.example' })
    expect(reply.json()).toMatchObject({ code: 'REQUEST_INVALID', error: expect.stringContaining('other sites') })
    expect((await upload([scene], { origin: 'http://robots.example' })).json()).toHaveProperty('id')
  })

  test('an address uploads so many an hour', async () => {
    for (let i = 0; i < UPLOADS_PER_HOUR; i++) await upload([animation])
    const reply = await upload([scene])
    expect([reply.statusCode, reply.json()]).toMatchObject([429, { code: 'RATE_LIMITED' }])
  })

  test('who announces too much is told before it is sent', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /ajax/animation/create.php HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
        `Content-Length: 200000000\r\n\r\n--b\r\n${'x'.repeat(100_000)}`,
    )
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    await expect.poll(() => answer).toContain('"code":"FILE_TOO_LARGE"')
    socket.destroy()
    expect(await leftovers()).toEqual([])
  })

  test('a sender that goes away leaves nothing, and others can upload meanwhile', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    const head = '--b\r\nContent-Disposition: form-data; name="scene-file"; filename="a.x3d"\r\n\r\n'
    socket.write(
      `POST /ajax/animation/create.php HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
        `Content-Length: 1000000\r\n\r\n${head}${'x'.repeat(200_000)}`,
    )
    await expect.poll(async () => (await leftovers()).length).toBeGreaterThan(0)
    const { id } = (await upload([scene])).json()
    socket.destroy()
    await expect.poll(leftovers).toEqual([String(id)])
  })
})
