import { Matrix4, type Object3D, Quaternion, Vector3 } from 'three'

export type CoordinateSystem = 'ENU' | 'NUE' | 'EUN'

/** Scenes count z upwards (ENU); the renderer counts y. The one place where the two meet. */
export function zUpToYUp(root: Object3D, system: CoordinateSystem): void {
  root.quaternion.identity()
  if (system === 'ENU') root.quaternion.setFromAxisAngle(new Vector3(1, 0, 0), -Math.PI / 2)
  root.updateMatrix()
}

/** The camera looks along −z of its own axes; a viewpoint of a z-up scene looks along +x with z up. */
const viewpointAxes = new Quaternion().setFromRotationMatrix(
  new Matrix4().makeBasis(new Vector3(0, -1, 0), new Vector3(0, 0, 1), new Vector3(-1, 0, 0)),
)

export function cameraOrientation(orientation: Quaternion, system: CoordinateSystem): Quaternion {
  return system === 'ENU' ? orientation.clone().multiply(viewpointAxes) : orientation.clone()
}

/** The other way round: a viewpoint's orientation, or that of what is to face it, from the camera's. */
export function viewpointOrientation(camera: Quaternion, system: CoordinateSystem): Quaternion {
  return system === 'ENU' ? camera.clone().multiply(viewpointAxes.clone().invert()) : camera.clone()
}

/** Makes the world matrix right of what may hang below something that has just moved. */
export function settle(object: Object3D): void {
  let top = object
  while (top.parent) top = top.parent
  top.updateMatrixWorld()
}
