import { chmodSync, constants, copyFileSync, existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** Interpreters for programs. Sandboxes show what lies under /usr. */
export interface Runtimes {
  readonly node: string
  readonly python: string | undefined
  /** Files elsewhere that a sandbox has to show too, read-only and at the same path. */
  readonly shown: readonly string[]
}

/** The same interpreters for a sandbox: a Node from someone's home folder is copied to where sandboxed uids may read it. */
export function sandboxRuntimes(node: string, python: string | undefined, stageDir: string): Runtimes {
  if (node.startsWith('/usr/')) return { node, python, shown: [] }
  const copy = join(stageDir, 'node')
  if (!existsSync(copy)) {
    copyFileSync(node, copy, constants.COPYFILE_FICLONE)
    chmodSync(copy, 0o755)
  }
  return { node: copy, python, shown: [copy] }
}

const PYTHON_CANDIDATES = ['/usr/bin/python3', '/usr/local/bin/python3']

export function findPython(): string | undefined {
  const system = PYTHON_CANDIDATES.find((path) => existsSync(path))
  if (system) return system
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const path = `${folder}/python3`
    if (folder && existsSync(path)) return realpathSync(path)
  }
  return undefined
}

export function findBubblewrap(): string | undefined {
  return ['/usr/bin/bwrap', '/usr/local/bin/bwrap'].find((path) => existsSync(path))
}

/** An inside path where files cannot be moved: the path outside. */
export function outsidePath(plan: { readonly readOnly: Readonly<Record<string, string>> }, insidePath: string): string {
  for (const [outside, inside] of Object.entries(plan.readOnly)) {
    if (insidePath === inside || insidePath.startsWith(`${inside}/`)) return outside + insidePath.slice(inside.length)
  }
  return insidePath
}
