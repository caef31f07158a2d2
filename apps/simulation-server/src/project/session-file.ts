import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Visitor } from '@simyard/protocol'

/** What the website host has told, for the project's programs; in the root of the instance's folder. */
const SESSION_FILE = 'session.json'
/** The original's file: the website host's address and nothing else. */
const HOST_FILE = 'host.txt'

export const sessionFiles = [SESSION_FILE, HOST_FILE] as const

/** They are for programs: whoever watches the stream does not get them. */
export function isSessionFile(path: string): boolean {
  return (sessionFiles as readonly string[]).includes(path.replace(/^(\.?\/)+/, ''))
}

/** The visitor without what must stay secret; only what was told. */
function publicFields(visitor: Visitor): Partial<Omit<Visitor, 'user1Authentication'>> {
  const { user1Authentication: _secret, ...rest } = visitor
  return Object.fromEntries(Object.entries(rest).filter(([, text]) => text !== ''))
}

/** Writes both files, if there is something to tell. */
export async function writeSessionFiles(
  folder: string,
  session: { readonly host: string | undefined; readonly project: string; readonly world: string },
  visitor: Visitor,
): Promise<void> {
  const told = publicFields(visitor)
  if (session.host !== undefined) await writeFile(join(folder, HOST_FILE), session.host)
  if (session.host === undefined && Object.keys(told).length === 0) return
  await writeFile(join(folder, SESSION_FILE), `${JSON.stringify({ ...session, ...told }, undefined, 2)}\n`)
}

const MAX_LOGGED_CHARACTERS = 200

export function visitorLogFields(visitor: Visitor): Record<string, string> {
  const entries = Object.entries(publicFields(visitor))
  return Object.fromEntries(entries.map(([name, text]) => [name, text!.slice(0, MAX_LOGGED_CHARACTERS)]))
}
