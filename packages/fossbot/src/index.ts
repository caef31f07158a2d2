export type { FossbotHost } from './host.js'
