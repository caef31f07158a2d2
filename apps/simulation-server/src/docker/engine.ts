import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { SimyardError } from '@simyard/protocol'
import * as z from 'zod'
import { type ContainerSpec, toCreateBody } from './container-spec.js'
import { splitOutput } from './multiplexed-output.js'

export const DEFAULT_DOCKER_SOCKET = '/var/run/docker.sock'

export interface EngineVersion {
  /** Of the Engine API, `1.41`. */
  readonly api: string
  readonly operatingSystem: string
}

export interface AttachedContainer {
  /** Ends the program's input when it ends; for containers made with `openStdin`. */
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
}

export interface ContainerState {
  readonly id: string
  readonly running: boolean
  /** Process number of its first process on the Engine's machine; 0 when it does not run. */
  readonly pid: number
  readonly exitCode: number
  readonly outOfMemory: boolean
  readonly labels: Readonly<Record<string, string>>
  /** Container port → port of the Engine's machine, of those that are published. */
  readonly ports: ReadonlyMap<number, number>
}

export interface ContainerSummary {
  readonly id: string
  readonly names: readonly string[]
  readonly image: string
  /** 'created', 'running', 'exited' … */
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

export interface ImageSummary {
  readonly id: string
  readonly env: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

const Labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {})
const Created = z.object({ Id: z.string() })
const Waited = z.object({ StatusCode: z.int() })
const Listed = z.array(
  z.object({ Id: z.string(), Names: z.array(z.string()), Image: z.string(), State: z.string(), Labels }),
)
const Inspected = z.object({
  Id: z.string(),
  State: z.object({ Running: z.boolean(), Pid: z.int(), ExitCode: z.int(), OOMKilled: z.boolean() }),
  Config: z.object({ Labels }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()).nullish(),
  }),
})
const Image = z.object({
  Id: z.string(),
  Config: z.object({ Env: z.array(z.string()).nullish(), Labels }).nullish(),
})
const Failure = z.object({ message: z.string() })
const ImportProgress = z.object({ status: z.string().optional(), error: z.string().optional() })

/** A Docker Engine, spoken to over its Unix socket (podman's compatible socket works too, as far as it is compatible). */
export class DockerEngine {
  private prefix: Promise<string> | undefined

  constructor(readonly socketPath: string = DEFAULT_DOCKER_SOCKET) {}

  /** Rejects with DOCKER_UNAVAILABLE and the way out when nobody answers. */
  async ping(): Promise<EngineVersion> {
    const response = await this.send({ method: 'GET', path: '/_ping' })
    await readText(response)
    const { 'api-version': api, ostype } = response.headers
    return { api: String(api ?? ''), operatingSystem: String(ostype ?? '') }
  }

  /** Returns the container's id; it does not run yet. */
  async create(spec: ContainerSpec, name?: string): Promise<string> {
    const query = name === undefined ? '' : `?name=${encodeURIComponent(name)}`
    const response = await this.call('POST', `/containers/create${query}`, toCreateBody(spec)).catch(
      (error: unknown) => {
        if (error instanceof EngineRefusal && error.status === 404) throw imageMissing(spec.image)
        throw error
      },
    )
    return Created.parse(await readJson(response)).Id
  }

  async start(id: string): Promise<void> {
    await readText(await this.call('POST', `/containers/${id}/start`))
  }

  /** Input and outputs from now on; attach before the start to miss nothing. */
  async attach(id: string): Promise<AttachedContainer> {
    const path = `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`
    const { socket, head } = await this.hijack(path)
    return { stdin: socket, ...splitOutput(socket, head) }
  }

  /** What it has printed so far, and with `follow` also what it will. */
  async logs(id: string, options: { follow?: boolean } = {}): Promise<{ stdout: Readable; stderr: Readable }> {
    const query = `?stdout=1&stderr=1&follow=${options.follow ? 1 : 0}`
    return splitOutput(await this.call('GET', `/containers/${id}/logs${query}`))
  }

  /** Resolves with the exit code when it does not run any more; at once when it did not run at all. */
  async wait(id: string): Promise<number> {
    return (await this.exitOf(id, 'not-running')).exitCode
  }

  /**
   * Begins to watch for an exit. When this has resolved, a start that follows cannot end unseen.
   * @param until 'next-exit' waits also for a container that was not started yet.
   */
  async exitOf(
    id: string,
    until: 'not-running' | 'next-exit' = 'next-exit',
  ): Promise<{ readonly exitCode: Promise<number> }> {
    const response = await this.call('POST', `/containers/${id}/wait?condition=${until}`)
    const exitCode = readJson(response).then((answer) => Waited.parse(answer).StatusCode)
    // Who stops caring, because the container could not be started, leaves no rejection without a reader.
    exitCode.catch(() => undefined)
    return { exitCode }
  }

  /** Sends a signal to its first process; one that does not run any more is left alone. */
  async kill(id: string, signal = 'SIGKILL'): Promise<void> {
    await this.call('POST', `/containers/${id}/kill?signal=${signal}`).then(readText, unlessStatus(404, 409))
  }

  /** Removes it, running or not, with its anonymous volumes. One that is gone, or being removed, is no error. */
  async remove(id: string): Promise<void> {
    await this.call('DELETE', `/containers/${id}?force=1&v=1`).then(readText, unlessStatus(404, 409))
  }

  async inspect(id: string): Promise<ContainerState> {
    const { Id, State, Config, NetworkSettings } = Inspected.parse(
      await readJson(await this.call('GET', `/containers/${id}/json`)),
    )
    const ports = new Map<number, number>()
    for (const [port, bindings] of Object.entries(NetworkSettings.Ports ?? {})) {
      const hostPort = bindings?.[0]?.HostPort
      if (hostPort) ports.set(Number.parseInt(port, 10), Number(hostPort))
    }
    return {
      id: Id,
      running: State.Running,
      pid: State.Pid,
      exitCode: State.ExitCode,
      outOfMemory: State.OOMKilled,
      labels: Config.Labels,
      ports,
    }
  }

  /** Containers with all of these labels (`key` or `key=value`), whether they run or not. */
  async list(labels: readonly string[]): Promise<ContainerSummary[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: labels }))
    const response = await this.call('GET', `/containers/json?all=1&filters=${filters}`)
    return Listed.parse(await readJson(response)).map(({ Id, Names, Image: image, State, Labels: own }) => ({
      id: Id,
      names: Names.map((name) => name.replace(/^\//, '')),
      image,
      state: State,
      labels: own,
    }))
  }

  /** Rejects with DOCKER_IMAGE_MISSING when the Engine does not have it: nothing is downloaded by itself. */
  async inspectImage(reference: string): Promise<ImageSummary> {
    const response = await this.call('GET', `/images/${encodeImage(reference)}/json`).catch((error: unknown) => {
      if (error instanceof EngineRefusal && error.status === 404) throw imageMissing(reference)
      throw error
    })
    const { Id, Config } = Image.parse(await readJson(response))
    return { id: Id, env: Config?.Env ?? [], labels: Config?.Labels ?? {} }
  }

  /** Makes an image of one layer from a tar archive of its files. */
  async importImage(archive: Readable, repository: string, tag: string): Promise<void> {
    const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`
    const text = await readText(await this.call('POST', path, archive))
    for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
      const { error } = ImportProgress.parse(JSON.parse(line))
      if (error)
        throw new SimyardError('DOCKER_FAILED', `Docker could not make the image ${repository}:${tag}: ${error}`)
    }
  }

  async removeImage(reference: string): Promise<void> {
    await this.call('DELETE', `/images/${encodeImage(reference)}?force=1`).then(readText, unlessStatus(404))
  }

  // ---- HTTP over the Unix socket ------------------------------------------------------------------------------

  private async call(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    return this.send({ method, path: (await this.versionPrefix()) + path }, body)
  }

  /** The daemon's own version: those before it may be refused, those after it are unknown to it. */
  private versionPrefix(): Promise<string> {
    this.prefix ??= this.ping().then(
      ({ api }) => (api ? `/v${api}` : ''),
      (error: unknown) => {
        this.prefix = undefined
        throw error
      },
    )
    return this.prefix
  }

  private send(options: RequestOptions, body?: unknown): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const stream = isReadable(body) ? body : undefined
      const text = body === undefined || stream ? undefined : JSON.stringify(body)
      const headers = stream
        ? { 'Content-Type': 'application/x-tar' }
        : text === undefined
          ? { 'Content-Length': 0 }
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
      const request = httpRequest({ ...options, socketPath: this.socketPath, headers: { Host: 'docker', ...headers } })
      request.once('error', (cause) => reject(unreachable(this.socketPath, cause)))
      request.once('response', (response) => {
        if ((response.statusCode ?? 500) < 400) return resolve(response)
        refusal(options, response).then(reject, reject)
      })
      if (!stream) return void request.end(text)
      stream.once('error', (cause) => request.destroy(cause))
      stream.pipe(request)
    })
  }

  private async hijack(path: string): Promise<{ socket: Socket; head: Buffer }> {
    const options: RequestOptions = {
      method: 'POST',
      path: (await this.versionPrefix()) + path,
      socketPath: this.socketPath,
      headers: { Host: 'docker', Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Length': 0 },
    }
    return new Promise((resolve, reject) => {
      const request = httpRequest(options)
      request.once('error', (cause) => reject(unreachable(this.socketPath, cause)))
      request.once('upgrade', (_response, socket, head) => resolve({ socket: socket as Socket, head }))
      request.once('response', (response) => void refusal(options, response).then(reject, reject))
      request.end()
    })
  }
}

/** An answer of 400 or more; `status` is for those who know what it means at this place. */
class EngineRefusal extends SimyardError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('DOCKER_FAILED', message)
  }
}

async function refusal(options: RequestOptions, response: IncomingMessage): Promise<EngineRefusal> {
  const text = await readText(response)
  const parsed = Failure.safeParse(parseJson(text))
  const said = parsed.success ? parsed.data.message : text.trim().slice(0, 300)
  const status = response.statusCode ?? 500
  const call = `${options.method} ${options.path?.split('?')[0]}`
  return new EngineRefusal(status, `Docker refused ${call} (${status}): ${said || 'it gave no reason'}`)
}

function imageMissing(reference: string): SimyardError {
  return new SimyardError(
    'DOCKER_IMAGE_MISSING',
    `Docker has no image ${reference} here. Fetch it with "docker pull ${reference}" or build it; nothing is downloaded by itself.`,
  )
}

function unreachable(socketPath: string, cause: Error): SimyardError {
  const { code } = cause as NodeJS.ErrnoException
  const because =
    code === 'ENOENT'
      ? `there is no socket ${socketPath}. Install Docker (Debian, Ubuntu: apt install docker.io) and start it, or name its socket`
      : code === 'EACCES' || code === 'EPERM'
        ? `this user may not open ${socketPath}. Add the user to the group of that file (usually "docker") and log in again`
        : code === 'ECONNREFUSED'
          ? `nobody answers at ${socketPath}: the Docker daemon does not run. Start it (systemctl start docker)`
          : cause.message
  return new SimyardError('DOCKER_UNAVAILABLE', `Docker cannot be reached: ${because}.`, { cause })
}

function unlessStatus(...allowed: number[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof EngineRefusal && allowed.includes(error.status))) throw error
  }
}

/** A reference keeps its slashes in the path. */
function encodeImage(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  return JSON.parse(await readText(response))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isReadable(body: unknown): body is Readable {
  return typeof (body as Readable | undefined)?.pipe === 'function'
}
