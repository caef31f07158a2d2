export type { StreamActions } from './stream-hub.js'
export { StreamHub } from './stream-hub.js'
export type { StreamForm, StreamMeter, ViewerLink } from './viewer.js'
