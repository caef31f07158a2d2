export type { Served } from './up.js'
export { serveAll } from './up.js'
