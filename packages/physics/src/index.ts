export { createPhysicsWorld, type PhysicsScene } from './create.js'
export { type EngineOptions, loadPhysicsEngine } from './engine.js'
export {
  booleanField,
  nodeField,
  nodesField,
  numberField,
  numbersField,
  stringField,
  vectorField,
  vectorsField,
} from './fields.js'
export { Fnv1a64 } from './hash.js'
export { isFrame, isJoint, isMotor, isRobot, isSolid, poseOf, scaleOf } from './node-kinds.js'
export type {
  Contact,
  MotorHandle,
  PhysicsSnapshot,
  PhysicsWorld,
  Ray,
  RayHit,
  Velocity,
} from './physics-world.js'
export type { Triangles } from './shapes.js'
