import createModule, { type MainModule } from '@mujoco/mujoco'

/** How the module finds its WebAssembly file, when not beside its script. */
export interface EngineOptions {
  /** The bytes of mujoco.wasm. */
  readonly wasmBinary?: Uint8Array
  /** The address of a file that the module asks for by name. */
  readonly locateFile?: (name: string) => string
  /** Makes the instance of mujoco.wasm, where somebody else has compiled it. */
  readonly instantiate?: (imports: object) => Promise<object>
}

export type Engine = MainModule

let loading: Promise<Engine> | undefined

/** The physics engine, loaded once and shared by all worlds of this process or page. */
export function loadPhysicsEngine(options: EngineOptions = {}): Promise<Engine> {
  loading ??= load(options).catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

function load({ instantiate, ...options }: EngineOptions): Promise<Engine> {
  const silent = { ...options, print: () => {}, printErr: () => {} }
  if (!instantiate) return createModule(silent)
  // The module is never told of a failure, and would wait for ever.
  return new Promise((resolve, reject) => {
    const instantiateWasm = (imports: object, done: (instance: object) => void) =>
      void instantiate(imports).then(done, reject)
    createModule({ ...silent, instantiateWasm }).then(resolve, reject)
  })
}
