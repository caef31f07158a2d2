export { type FossbotOptions, FossbotWorld } from './fossbot-world.js'
export type { FossbotHost } from './host.js'
export type { FossbotMessage } from './parameters.js'
