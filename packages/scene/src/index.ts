export type { ExportOptions, X3dDialect } from './export/dialect.js'
export { exportNodeX3d, exportX3d, fieldText } from './export/x3d.js'
export type { FileSource } from './files.js'
export type { LoadSceneOptions, SceneLimits } from './load.js'
export { loadScene } from './load.js'
export { memoryFiles } from './memory-files.js'
export { elevationGridMesh } from './mesh/elevation-grid.js'
export { faceSetMesh } from './mesh/face-set.js'
export { loadGeometryFile } from './mesh/geometry-file.js'
export type { MeshMaterial, TriangleMesh } from './mesh/triangle-mesh.js'
export type { FieldValue, SceneNode } from './node.js'
export { childNodes, isNode } from './node.js'
export type { TemplateLimits } from './proto/template.js'
export { prepareTemplates } from './proto/template.js'
export {
  getBool,
  getField,
  getNode,
  getNodes,
  getNumber,
  getNumbers,
  getRotation,
  getString,
  getStrings,
  getVec2,
  getVec3,
  getVectors,
} from './readers.js'
export type { CoordinateSystem, PreparedNodes, Scene } from './scene.js'
export { findByDef } from './scene.js'
export { acceptsValue } from './spec/accepts.js'
export type { FieldSpec, FieldType } from './spec/field.js'
export { fieldSpec, isDevice, isGroup, isSolid, nodeSpec, nodeTypes } from './spec/nodes.js'
export { resolveUrl } from './url.js'
