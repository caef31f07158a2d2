import { bool, colors, float, type NodeTable, node, nodes, string, strings, vec2, vec3 } from './field.js'
import { groupFields } from './grouping.js'

const parameters = {
  position: float(0),
  minStop: float(0),
  maxStop: float(0),
  springConstant: float(0),
  dampingConstant: float(0),
  staticFriction: float(0),
}

const motor = {
  acceleration: float(-1),
  consumptionFactor: float(10),
  controlPID: vec3(10, 0, 0),
  minPosition: float(0),
  maxPosition: float(0),
  maxVelocity: float(10),
  multiplier: float(1),
  sound: strings(),
  muscles: nodes(),
}

export const jointNodes: NodeTable = {
  HingeJoint: { jointParameters: node(), device: nodes(), endPoint: node() },
  Hinge2Joint: {
    jointParameters: node(),
    jointParameters2: node(),
    device: nodes(),
    device2: nodes(),
    endPoint: node(),
  },
  SliderJoint: { jointParameters: node(), device: nodes(), endPoint: node() },
  BallJoint: {
    jointParameters: node(),
    jointParameters2: node(),
    jointParameters3: node(),
    device: nodes(),
    device2: nodes(),
    device3: nodes(),
    endPoint: node(),
  },
  JointParameters: { ...parameters, axis: vec3(0, 0, 1) },
  HingeJointParameters: {
    ...parameters,
    axis: vec3(1, 0, 0),
    anchor: vec3(0, 0, 0),
    suspensionSpringConstant: float(0),
    suspensionDampingConstant: float(0),
    suspensionAxis: vec3(1, 0, 0),
    stopERP: float(-1),
    stopCFM: float(-1),
  },
  BallJointParameters: { ...parameters, axis: vec3(1, 0, 0), anchor: vec3(0, 0, 0) },
  RotationalMotor: { name: string('rotational motor'), ...motor, maxTorque: float(10) },
  LinearMotor: { name: string('linear motor'), ...motor, maxForce: float(10) },
  Brake: { name: string('brake'), sound: strings() },
  PositionSensor: { name: string('position sensor'), noise: float(0), resolution: float(-1) },
  Muscle: {
    volume: float(0.01),
    startOffset: vec3(0, 0, 0),
    endOffset: vec3(0, 0, 0),
    color: colors(),
    castShadows: bool(true),
    visible: bool(true),
  },
  Propeller: {
    ...groupFields,
    shaftAxis: vec3(1, 0, 0),
    centerOfThrust: vec3(0, 0, 0),
    thrustConstants: vec2(1, 0),
    torqueConstants: vec2(1, 0),
    fastHelixThreshold: float(75.4),
    device: node(),
    fastHelix: node(),
    slowHelix: node(),
  },
}
