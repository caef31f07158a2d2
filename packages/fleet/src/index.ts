export type { NodeView } from './availability.js'
export { chooseNode, expectedLoad, isAvailable, LOAD_THRESHOLD, meanLoad } from './availability.js'
