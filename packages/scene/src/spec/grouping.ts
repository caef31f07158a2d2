import {
  bool,
  color,
  colors,
  float,
  floats,
  int,
  type NodeTable,
  node,
  nodes,
  rotation,
  string,
  strings,
  vec2,
  vec3,
} from './field.js'

export const groupFields = { children: nodes() }

export const poseFields = { ...groupFields, translation: vec3(0, 0, 0), rotation: rotation(0, 0, 1, 0) }

/** `scale` left Solid in R2023b; files from before still carry it. */
export const transformFields = { ...poseFields, scale: vec3(1, 1, 1) }

export const solidFields = {
  ...transformFields,
  name: string('solid'),
  model: string(''),
  description: string(''),
  contactMaterial: string('default'),
  immersionProperties: nodes(),
  boundingObject: node(),
  physics: node(),
  locked: bool(false),
  translationStep: float(0.01),
  rotationStep: float(0.261799387),
  radarCrossSection: float(0),
  recognitionColors: colors(),
}

export const groupingNodes: NodeTable = {
  Group: groupFields,
  Transform: { ...transformFields, translationStep: float(0.01), rotationStep: float(0.261799387) },
  Pose: { ...poseFields, translationStep: float(0.01), rotationStep: float(0.261799387) },
  Billboard: groupFields,
  Slot: { type: string(''), endPoint: node() },
  Solid: solidFields,
  SolidReference: { solidName: string('') },
  Robot: {
    ...solidFields,
    name: string('robot'),
    controller: string('<generic>'),
    controllerArgs: strings(),
    customData: string(''),
    supervisor: bool(false),
    synchronization: bool(true),
    battery: floats(),
    cpuConsumption: float(10),
    selfCollision: bool(false),
    window: string('<generic>'),
    remoteControl: string('<none>'),
    showWindow: bool(false),
  },
  Fluid: {
    ...poseFields,
    name: string('fluid'),
    model: string(''),
    description: string(''),
    density: float(1000),
    viscosity: float(0.001),
    streamVelocity: vec3(0, 0, 0),
    boundingObject: node(),
    locked: bool(false),
  },
  Charger: {
    ...solidFields,
    name: string('charger'),
    battery: floats(),
    radius: float(0.04),
    emissiveColor: color(0, 1, 0),
    gradual: bool(true),
  },
  Track: {
    ...solidFields,
    name: string('track'),
    device: nodes(),
    animatedGeometry: node(),
    geometriesCount: int(10),
    textureAnimation: vec2(0, 0),
  },
  TrackWheel: { ...poseFields, position: vec2(0, 0), radius: float(0.1), inner: bool(true) },
  Skin: {
    ...poseFields,
    scale: vec3(1, 1, 1),
    name: string('skin'),
    model: string(''),
    modelUrl: strings(),
    appearance: nodes(),
    bones: nodes(),
    castShadows: bool(true),
  },
}
