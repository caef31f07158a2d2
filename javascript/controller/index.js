// The controller API of Webots in JavaScript: `import { Robot } from 'controller'`.
// Names, units and return values are those of the Python module; `step` is awaited:
//   const robot = await Robot.connect()
//   while ((await robot.step(32)) !== -1) { … }

export {
  Accelerometer,
  Brake,
  Camera,
  Compass,
  Device,
  DistanceSensor,
  Emitter,
  GPS,
  Gyro,
  InertialUnit,
  LED,
  Lidar,
  LightSensor,
  Motor,
  Pen,
  PositionSensor,
  RangeFinder,
  Receiver,
  TouchSensor,
} from './devices.js'
export { Link, openLink } from './link.js'
export { Robot } from './robot.js'
