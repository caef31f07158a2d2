export type { AxisAngle, PoseUpdate, SceneFrame, Vector } from './scene-frame.js'
export { sceneFrame, worldFrame } from './scene-frame.js'
