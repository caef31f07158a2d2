import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A file's text, or where a link leads. */
export type RepositoryFiles = Readonly<Record<string, string | Buffer | { readonly link: string }>>

export interface GitHost {
  /** Stands for `https://github.com/`. */
  readonly address: string
  /** The folder of the repositories. */
  readonly folder: string
  /** How long each request for contents takes, in milliseconds. */
  delayMs: number
  /** Requests for contents that wait now. */
  readonly waiting: number
  /** Requests for contents so far. */
  readonly packs: number
  /** A repository `<user>/<name>` with one commit; a branch `main` unless named otherwise. Returns the commit. */
  commit(name: string, files: RepositoryFiles, options?: { branch?: string; tag?: string; annotated?: boolean }): string
  close(): Promise<void>
}

const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false']

/** Repositories behind git's own HTTP backend, as slow as a test wants it. */
export async function startGitHost(): Promise<GitHost> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-git-'))
  const root = join(folder, 'served')
  let packs = 0
  let waiting = 0
  const git = (cwd: string, ...args: string[]) => execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8' })

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    if (plain.includes('command=fetch')) {
      packs++
      waiting++
      const since = performance.now()
      // The delay may be changed while a request waits: a test holds requests and lets them go.
      while (performance.now() - since < host.delayMs && !response.destroyed)
        await new Promise((resolve) => setTimeout(resolve, Math.min(20, host.delayMs)))
      waiting--
    }
    if (response.destroyed) return
    const [path = '/', query = ''] = (request.url ?? '/').split('?')
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: request.method,
        PATH_INFO: path,
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    response.once('close', () => child.kill('SIGKILL'))
    child.stdin.on('error', () => undefined)
    child.stdin.end(plain)
    const output: Buffer[] = []
    for await (const chunk of child.stdout) output.push(chunk as Buffer)
    const all = Buffer.concat(output)
    const end = all.indexOf('\r\n\r\n')
    let status = 200
    for (const line of all.toString('latin1', 0, Math.max(0, end)).split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2)
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10)
      else if (name !== '') response.setHeader(name, value)
    }
    response.writeHead(end < 0 ? 500 : status).end(all.subarray(end + 4))
  }

  const host: GitHost = {
    address: '',
    folder: root,
    delayMs: 0,
    get waiting() {
      return waiting
    },
    get packs() {
      return packs
    },
    commit(name, files, { branch = 'main', tag, annotated = false } = {}) {
      const served = join(root, `${name}.git`)
      if (!existsSync(served)) {
        mkdirSync(served, { recursive: true })
        git(served, 'init', '--quiet', '--bare', '--initial-branch', 'main')
        git(served, 'config', 'uploadpack.allowFilter', 'true')
        git(served, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
      }
      const work = mkdtempSync(join(folder, 'work-'))
      git(work, 'init', '--quiet', '--initial-branch', 'work')
      for (const [path, content] of Object.entries(files)) {
        const file = join(work, path)
        mkdirSync(dirname(file), { recursive: true })
        if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, file)
        else writeFileSync(file, content)
      }
      git(work, 'add', '--all', '--force')
      git(work, 'commit', '--quiet', '--allow-empty', '--message', 'files')
      git(work, 'push', '--quiet', '--force', served, `HEAD:refs/heads/${branch}`)
      if (tag !== undefined) {
        git(work, 'tag', ...(annotated ? ['--annotate', '--message', tag] : []), tag)
        git(work, 'push', '--quiet', served, `refs/tags/${tag}`)
      }
      const commit = git(work, 'rev-parse', 'HEAD').trim()
      rmSync(work, { recursive: true, force: true })
      return commit
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          rmSync(folder, { recursive: true, force: true })
          resolve()
        })
        server.closeAllConnections()
      }),
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(host, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
}
