import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Keys of website hosts: `<keyDir>/<name of the host>`, without scheme and port; the first line is the key. */
export class HostKeys {
  constructor(private readonly keyDir: string | undefined) {}

  /** The key of a host, `https://name:port`, or undefined when there is none. */
  async find(host: string): Promise<string | undefined> {
    if (this.keyDir === undefined || host === '') return undefined
    const name = new URL(host).hostname.replace(/^\[|\]$/g, '')
    const text = await readFile(join(resolve(this.keyDir), name), 'utf8').catch(() => undefined)
    return text?.split(/\r?\n/, 1)[0]?.trim() || undefined
  }
}
