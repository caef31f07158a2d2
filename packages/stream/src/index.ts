export type { StreamActions } from './stream-hub.js'
export { StreamHub } from './stream-hub.js'
export type { ViewerLink } from './viewer.js'
