export { SimulatorSession } from './session.js'
export type { SimulatorSessionOptions } from './session.js'
