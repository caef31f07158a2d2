import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFolderStore, createMemoryExhibits } from '@simyard/projects'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { openApiPath } from './openapi.js'
import { CopyReply } from './schema.js'
import { createApp } from './website.js'

let folder: string
let app: FastifyInstance
const registered: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simyard-website-'))
  const put = async (path: string, content: string) => {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  await put('gallery/maze/project.yaml', 'title: Maze <"&\nlanguages: [Python]\n')
  await put('gallery/maze/worlds/maze.wbt', '#VRML_SIM R2023b utf8\n')
  await put('gallery/maze/controllers/c/c.py', 'print(1)\n')
  await put('gallery/maze/page.html', '<script>alert(1)</script>')
  await put('pages/index.html', '<!doctype html>gallery')
  await put('gallery/maze/protos/Wall.proto', '#VRML_SIM R2023b utf8\n')
  await put('pages/project.html', '<!doctype html><meta name="project" content="%PROJECT%" />100%')
  await put('pages/site/app-1.js', '1')
  await put('view/simyard-view.js', 'view')
  await put('view/secret.json', '{}')
  await put('protos/textures/wood.png', 'png')
  app = await createApp(
    {
      store: createFolderStore({ galleryDir: join(folder, 'gallery'), dataDir: join(folder, 'data') }),
      exhibits: createMemoryExhibits(),
      pagesDir: join(folder, 'pages'),
      viewDir: join(folder, 'view'),
      workerDir: folder,
      pythonDir: folder,
      scriptsDir: folder,
      assets: { protos: join(folder, 'protos') },
      status: () => ({ version: '0.1.0', sandbox: { driver: 'none', ok: false, message: 'off' } }),
      copiesPerHour: 4,
    },
    (method, url) => {
      if (method !== 'HEAD') registered.push(`${method} ${openApiPath(url)}`)
    },
  )
  await app.ready()
})

afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

const copy = async () =>
  CopyReply.parse((await app.inject({ method: 'POST', url: '/api/v1/projects', payload: { from: 'maze' } })).json())

describe('website', () => {
  it('serves the pages with a policy', async () => {
    for (const url of ['/', '/p/maze']) {
      const reply = await app.inject(url)
      expect(reply.statusCode).toBe(200)
      expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(reply.headers['content-security-policy']).toContain("script-src 'self'")
      expect(reply.headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('puts the project into its page', async () => {
    const reply = await app.inject('/p/maze')
    const [, content = ''] = /content="([^"]*)" \/>100%$/.exec(reply.body) ?? []
    expect(content).not.toMatch(/</)
    const text = content.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&')
    expect(JSON.parse(text)).toEqual((await app.inject('/api/v1/projects/maze')).json())
    expect(JSON.parse(text)).toMatchObject({ id: 'maze', title: 'Maze <"&', worlds: ['worlds/maze.wbt'] })
    const none = await app.inject('/p/none')
    expect([none.statusCode, none.body]).toEqual([404, expect.stringContaining('content="null"')])
  })

  it('names the PROTOs of a project', async () => {
    expect((await app.inject('/projects/maze/protos/index.json')).json()).toEqual(['Wall'])
    expect((await app.inject('/projects/none/protos/index.json')).statusCode).toBe(404)
  })

  it('serves project files for other origins, with a tag, as harmless text', async () => {
    const reply = await app.inject('/projects/maze/worlds/maze.wbt')
    expect(reply.body).toBe('#VRML_SIM R2023b utf8\n')
    expect(reply.headers['access-control-allow-origin']).toBe('*')
    const again = await app.inject({
      url: '/projects/maze/worlds/maze.wbt',
      headers: { 'if-none-match': String(reply.headers.etag) },
    })
    expect(again.statusCode).toBe(304)
    expect((await app.inject('/projects/maze/page.html')).headers['content-security-policy']).toContain('sandbox')
  })

  it.each([
    '/projects/maze/../../secret',
    '/projects/maze/%2e%2e/%2e%2e/x',
    '/assets/protos/..%2f..%2fpages/index.html',
    '/view/secret.json',
  ])('gives nothing at %s', async (url) => {
    const reply = await app.inject(url)
    expect(reply.statusCode).toBeGreaterThanOrEqual(400)
    expect(reply.json()).toMatchObject({ error: { code: expect.stringMatching(/^[A-Z_]+$/) } })
  })

  it('serves the view, built scripts and assets', async () => {
    for (const url of ['/view/simyard-view.js', '/site/app-1.js', '/assets/protos/textures/wood.png']) {
      expect((await app.inject(url)).statusCode, url).toBe(200)
    }
    expect((await app.inject('/assets/protos/none.png')).statusCode).toBe(404)
  })

  it('lists, copies, writes with the key, and reverts', async () => {
    const list = await app.inject('/api/v1/projects')
    expect(list.json()).toMatchObject({ projects: [{ id: 'maze', worlds: ['worlds/maze.wbt'], thumbnail: null }] })
    const { id, key } = await copy()
    const url = `/api/v1/projects/${id}/files/controllers/c/c.py`
    const write = (authorization?: string) =>
      app.inject({
        method: 'PUT',
        url,
        payload: 'print(2)\n',
        headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      })
    expect((await write()).statusCode).toBe(403)
    expect((await write('Bearer nonsense')).json()).toMatchObject({ error: { code: 'PROJECT_WRONG_KEY' } })
    expect((await write(`Bearer ${key}`)).json()).toMatchObject({ path: 'controllers/c/c.py', size: 9 })
    expect((await app.inject(`/projects/${id}/controllers/c/c.py`)).body).toBe('print(2)\n')
    await app.inject({ method: 'DELETE', url, headers: { authorization: `Bearer ${key}` } })
    expect((await app.inject(`/projects/${id}/controllers/c/c.py`)).body).toBe('print(1)\n')
    const big = await app.inject({
      method: 'PUT',
      url,
      payload: Buffer.alloc(1024 * 1024 + 2),
      headers: { authorization: `Bearer ${key}` },
    })
    expect([big.statusCode, big.json()]).toMatchObject([413, { error: { code: 'FILE_TOO_LARGE' } }])
  })

  it('answers mistakes in one form', async () => {
    const post = (payload: string) =>
      app.inject({ method: 'POST', url: '/api/v1/projects', payload, headers: { 'content-type': 'application/json' } })
    expect((await post('{')).json()).toMatchObject({ error: { code: 'REQUEST_INVALID' } })
    expect((await post('{"form":1}')).statusCode).toBe(400)
    expect((await post('{"from":"none"}')).json()).toMatchObject({ error: { code: 'PROJECT_NOT_FOUND' } })
    expect((await app.inject('/api/v1/nothing')).json()).toMatchObject({ error: { code: 'ROUTE_NOT_FOUND' } })
  })

  it('limits copies an address', async () => {
    const codes: number[] = []
    for (let i = 0; i < 5; i++) {
      codes.push((await app.inject({ method: 'POST', url: '/api/v1/projects', payload: { from: 'maze' } })).statusCode)
    }
    expect(codes.at(-1)).toBe(429)
  })

  it('counts visitors behind a proxy of this machine by themselves, and believes nobody else', async () => {
    const from = async (remoteAddress: string, seen: string) => {
      const headers = { 'x-forwarded-for': seen }
      const payload = { from: 'maze' }
      return (await app.inject({ method: 'POST', url: '/api/v1/projects', remoteAddress, headers, payload })).statusCode
    }
    for (let i = 0; i < 4; i++) expect(await from('127.0.0.1', '203.0.113.5')).toBe(201)
    expect(await from('127.0.0.1', '203.0.113.5')).toBe(429)
    expect(await from('127.0.0.1', '203.0.113.6')).toBe(201)
    for (let i = 0; i < 4; i++) expect(await from('203.0.113.9', `198.51.100.${i}`)).toBe(201)
    expect(await from('203.0.113.9', '198.51.100.9')).toBe(429)
  })

  it('describes every route of the API, and no other', async () => {
    const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    const { paths } = Document.parse((await app.inject('/api/v1/openapi.json')).json())
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const routed = registered.filter((route) => route.includes(' /api/v1/') && !route.endsWith('/openapi.json'))
    expect(documented.sort()).toEqual(routed.sort())
  })
})
