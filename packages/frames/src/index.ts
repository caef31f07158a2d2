export type { AxisAngle, PoseUpdate, SceneFrame, Vector } from './scene-frame.js'
export { sceneFrame, worldFrame } from './scene-frame.js'
export type { Passage, SceneBase, SceneChange, TimelineLimits } from './timeline.js'
export { Timeline } from './timeline.js'
