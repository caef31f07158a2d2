import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'simyard-stage-'

export interface StageSources {
  /** Folder of the bundled simulator (simulator.mjs and its wasm). */
  readonly simulatorDir: string
  /** Folder whose child `controller/` is the Python module. */
  readonly pythonDir: string
  /** Folder of the JavaScript package `controller`. */
  readonly javascriptDir: string
}

/**
 * A folder that the uids of sandboxed programs may enter, wherever Simyard itself is installed (a home folder often may
 * not be entered): copies of what programs run on, and one folder for each instance's project.
 */
export class Stage {
  readonly root: string
  readonly simulatorDir: string
  readonly pythonDir: string
  readonly javascriptDir: string
  readonly instancesDir: string

  constructor(sources: StageSources) {
    removeStaleStages()
    this.root = mkdtempSync(join(realpathSync(tmpdir()), `${PREFIX}${process.pid}-`))
    chmodSync(this.root, 0o711)
    this.simulatorDir = this.copy(sources.simulatorDir, 'simulator')
    this.pythonDir = this.copy(sources.pythonDir, 'python')
    // Here it is also found by programs that run without a sandbox, below instances/.
    this.javascriptDir = this.copy(sources.javascriptDir, 'node_modules/controller')
    this.instancesDir = join(this.root, 'instances')
    mkdirSync(this.instancesDir, { mode: 0o711 })
  }

  private copy(from: string, name: string): string {
    const to = join(this.root, name)
    cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !path.endsWith('__pycache__') })
    makeReadable(join(this.root, name.split('/')[0]!))
    return to
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A server that was killed could not remove its stage; the next one does. */
function removeStaleStages(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid && !existsSync(`/proc/${pid}`) && existsSync('/proc')) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    }
  }
}

/** Readable for everybody: folders 0755, files 0644. */
export function makeReadable(path: string): void {
  chmodSync(path, 0o755)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) makeReadable(child)
    else if (entry.isFile()) chmodSync(child, 0o644)
  }
}
