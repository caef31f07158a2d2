import type { IncomingMessage } from 'node:http'
import { CloudList, type CloudServer, CloudSetup, CloudUpdate, cloudText } from '@simyard/protocol'
import type { z } from 'zod'
import { parsed, textBody } from '../api/request-body.js'
import { callerAddress, isHost } from './caller.js'
import type { Registered, RegisteredServers } from './registered-servers.js'

/** Answers to the requests that the originals' simulation servers make to webots.cloud. */
export class CloudApi {
  constructor(
    private readonly servers: RegisteredServers,
    private readonly trustedProxies: readonly string[],
  ) {}

  /** The text of the answer; undefined when there is nothing at this path. */
  answer(request: IncomingMessage, pathname: string): Promise<string> | undefined {
    if (request.method !== 'POST') return undefined
    switch (pathname) {
      case cloudText.paths.setup:
        return this.guarded(() => this.setup(request))
      case cloudText.paths.update:
        return this.guarded(() => this.update(request))
      case cloudText.paths.list:
        return this.guarded(() => this.list(request))
      default:
        return undefined
    }
  }

  private async guarded(act: () => Promise<string>): Promise<string> {
    try {
      return await act()
    } catch (error) {
      return cloudText.error((error as Error).message)
    }
  }

  private async setup(request: IncomingMessage): Promise<string> {
    const form = new URLSearchParams(await textBody(request))
    const setup = parsed(Object.fromEntries(form), CloudSetup)
    const address = callerAddress(request, this.trustedProxies)
    const { hostname } = new URL(setup.url)
    if (!(await isHost(address, hostname)))
      return cloudText.error(`The address ${address} is not that of ${hostname}, which the server names as its own.`)
    await this.servers.add(setup)
    return cloudText.published(request.headers.host ?? 'localhost')
  }

  private async update(request: IncomingMessage): Promise<string> {
    const { url } = await this.json(request, CloudUpdate)
    const server = await this.servers.refresh(url)
    return server
      ? cloudText.server(described(server))
      : cloudText.error(`There is no server ${url}, or it does not answer.`)
  }

  private async list(request: IncomingMessage): Promise<string> {
    const { offset, limit } = await this.json(request, CloudList)
    const all = this.servers.all().sort((a, b) => b.share - b.load - (a.share - a.load))
    return cloudText.list(all.slice(offset, offset + limit).map(described), all.length)
  }

  private async json<Schema extends z.ZodType>(request: IncomingMessage, schema: Schema): Promise<z.infer<Schema>> {
    const text = await textBody(request)
    return parsed(text.trim() === '' ? {} : JSON.parse(text), schema)
  }
}

function described({ id, url, load, share, startedAt, updatedAt }: Registered): CloudServer {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
  return { id, url, load: Math.trunc(load), share, started: seconds(startedAt), updated: seconds(updatedAt) }
}
