import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'

/** The first line of a key file, as simulation servers read theirs. */
export function readHostKey(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SimyardError('CONFIG_INVALID', `The key file ${file} cannot be read.`, { cause })
  }
  const key = text.split(/\r?\n/, 1)[0]!.trim()
  if (key === '')
    throw new SimyardError('CONFIG_INVALID', `The first line of ${file} is empty: it has to be the key of this site.`)
  return key
}

/** The site's key in the data folder, made at the first start. */
export function ownHostKey(dataDir: string): string {
  const file = join(dataDir, 'host.key')
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readHostKey(file)
}
