import createModule, { type MainModule } from '@mujoco/mujoco'

/** How the module finds its WebAssembly file, when not beside its script. */
export interface EngineOptions {
  /** The bytes of mujoco.wasm. */
  readonly wasmBinary?: Uint8Array
  /** The address of a file that the module asks for by name. */
  readonly locateFile?: (name: string) => string
}

export type Engine = MainModule

let loading: Promise<Engine> | undefined

/** The physics engine, loaded once and shared by all worlds of this process or page. */
export function loadPhysicsEngine(options: EngineOptions = {}): Promise<Engine> {
  loading ??= createModule({ ...options, print: () => {}, printErr: () => {} }).catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}
