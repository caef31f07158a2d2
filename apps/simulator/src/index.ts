export type { SimulatorSessionOptions } from './session.js'
export { SimulatorSession } from './session.js'
