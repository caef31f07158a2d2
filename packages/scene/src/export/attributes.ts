import type { X3dDialect } from './dialect.js'

/** The fields that a viewer wants as attributes, always written: the viewers' defaults are not those of the language. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  Viewpoint: ['fieldOfView', 'exposure', 'bloomThreshold', 'followSmoothness', 'ambientOcclusionRadius'],
  Background: ['skyColor', 'luminosity'],
  Fog: ['color', 'visibilityRange', 'fogType'],
  DirectionalLight: ['on', 'color', 'direction', 'intensity', 'ambientIntensity', 'castShadows'],
  PointLight: ['on', 'color', 'location', 'attenuation', 'radius', 'intensity', 'ambientIntensity', 'castShadows'],
  SpotLight: [
    ...['on', 'color', 'location', 'direction', 'attenuation', 'radius', 'beamWidth', 'cutOffAngle'],
    ...['intensity', 'ambientIntensity', 'castShadows'],
  ],
  Shape: ['castShadows', 'isPickable'],
  Material: ['ambientIntensity', 'diffuseColor', 'specularColor', 'emissiveColor', 'shininess', 'transparency'],
  PBRAppearance: [
    ...['baseColor', 'transparency', 'roughness', 'metalness', 'IBLStrength', 'normalMapFactor'],
    ...['occlusionMapStrength', 'emissiveColor', 'emissiveIntensity'],
  ],
  ImageTexture: ['repeatS', 'repeatT'],
  TextureTransform: ['center', 'rotation', 'scale', 'translation'],
  Box: ['size'],
  Sphere: ['radius', 'ico'],
  Cylinder: ['radius', 'height', 'subdivision', 'bottom', 'side', 'top'],
  Capsule: ['radius', 'height', 'subdivision', 'bottom', 'side', 'top'],
  Cone: ['bottomRadius', 'height', 'subdivision', 'side', 'bottom'],
  Plane: ['size'],
  IndexedFaceSet: ['ccw', 'solid', 'creaseAngle', 'normalPerVertex', 'coordIndex', 'normalIndex', 'texCoordIndex'],
  IndexedLineSet: ['coordIndex'],
  Coordinate: ['point'],
  TextureCoordinate: ['point'],
  Normal: ['vector'],
  Color: ['color'],
}

const NEW: Readonly<Record<string, readonly string[]>> = {
  WorldInfo: ['title', 'info', 'basicTimeStep', 'coordinateSystem', 'lineScale'],
  ImageTexture: ['repeatS', 'repeatT', 'filtering'],
  Sphere: ['radius', 'subdivision', 'ico'],
  ElevationGrid: ['height', 'xDimension', 'xSpacing', 'yDimension', 'ySpacing', 'thickness'],
  Mesh: ['ccw', 'name', 'materialIndex'],
  CadShape: ['ccw', 'castShadows', 'isPickable'],
  Camera: ['fieldOfView', 'width', 'height', 'near', 'far'],
  RangeFinder: ['fieldOfView', 'width', 'height', 'near', 'minRange', 'maxRange'],
  Lidar: [
    'fieldOfView',
    'verticalFieldOfView',
    'numberOfLayers',
    'horizontalResolution',
    'minRange',
    'maxRange',
    'tiltAngle',
  ],
  Radar: ['minRange', 'maxRange', 'horizontalFieldOfView', 'verticalFieldOfView'],
  DistanceSensor: ['type', 'numberOfRays', 'aperture', 'lookupTable'],
  Display: ['width', 'height'],
  Connector: ['axisTolerance', 'distanceTolerance', 'numberOfRotations', 'rotationTolerance'],
  LightSensor: [],
  Track: ['geometriesCount'],
  TrackWheel: ['radius', 'inner'],
  Charger: ['emissiveColor', 'gradual', 'radius'],
}

const OLD: Readonly<Record<string, readonly string[]>> = {
  WorldInfo: ['title', 'window'],
}

export function attributesOf(type: string, dialect: X3dDialect): readonly string[] {
  return (dialect === 'x3d' ? NEW : OLD)[type] ?? COMMON[type] ?? []
}

/** The fields whose nodes are written inside, in this order. Bounding objects, joints' parameters and devices are not. */
export const INSIDE: Readonly<Record<string, readonly string[]>> = {
  Shape: ['appearance', 'geometry'],
  Appearance: ['material', 'texture', 'textureTransform'],
  PBRAppearance: [
    ...['baseColorMap', 'roughnessMap', 'metalnessMap', 'normalMap', 'occlusionMap', 'emissiveColorMap'],
    'textureTransform',
  ],
  IndexedFaceSet: ['coord', 'texCoord', 'normal'],
  IndexedLineSet: ['coord'],
  PointSet: ['coord', 'color'],
  HingeJoint: ['endPoint'],
  Hinge2Joint: ['endPoint'],
  SliderJoint: ['endPoint'],
  BallJoint: ['endPoint'],
  Slot: ['endPoint'],
  Propeller: ['slowHelix'],
}

/** Nodes that are only there for what hangs on them. */
export const PLAIN_GROUPS = new Set([
  'Group',
  'HingeJoint',
  'Hinge2Joint',
  'SliderJoint',
  'BallJoint',
  'Slot',
  'Propeller',
])
