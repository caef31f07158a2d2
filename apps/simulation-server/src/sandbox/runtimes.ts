import { existsSync, realpathSync } from 'node:fs'

/** Interpreters that the sandbox can show to a program: only what lies under /usr is visible there. */
export interface Runtimes {
  readonly node: string
  readonly python: string | undefined
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
