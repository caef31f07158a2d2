// Draws the worlds of FOSSBot's levels that are not written by hand: `node scripts/make-fossbot-levels.mjs`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { encode } from 'fast-png'

const projects = new URL('../projects/', import.meta.url)

function save(path, content) {
  const url = new URL(path, projects)
  mkdirSync(new URL('.', url), { recursive: true })
  writeFileSync(url, content)
}

const head = (title, info, ...more) => `#VRML_SIM R2025a utf8

EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/objects/backgrounds/protos/TexturedBackground.proto"
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/objects/backgrounds/protos/TexturedBackgroundLight.proto"
EXTERNPROTO "asset:/protos/FOSSBot.proto"
EXTERNPROTO "asset:/protos/FOSSBotFloor.proto"
EXTERNPROTO "asset:/protos/FOSSBotTerrain.proto"

WorldInfo {
  info [
    "${info}"
  ]
  title "${title}"
  gravity 9.8
  basicTimeStep 16
  contactProperties [
    ContactProperties {
      material1 "FOSSBot obstacle"
      material2 "FOSSBot floor"
      coulombFriction [ 0.4 ]
    }
  ]
}
${more.join('\n')}
TexturedBackground {
}
TexturedBackgroundLight {
}`

/** Where to look from, and at what. */
function viewpoint(from, at) {
  const minus = (a, b) => a.map((value, i) => value - b[i])
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
  const unit = (a) => a.map((value) => value / Math.hypot(...a))
  const ahead = unit(minus(at, from))
  const left = unit(cross([0, 0, 1], ahead))
  const up = cross(ahead, left)
  const angle = Math.acos((ahead[0] + left[1] + up[2] - 1) / 2)
  const axis = unit([left[2] - up[1], up[0] - ahead[2], ahead[1] - left[0]])
  const numbers = [...axis, angle].map((value) => value.toFixed(5)).join(' ')
  return `Viewpoint {\n  fieldOfView 0.785\n  orientation ${numbers}\n  position ${from.join(' ')}\n}`
}

/** Degrees as programs count them: 0 looks along -x. */
function robot(x, y, z = 0.0265, degrees = 0, name = 'fossbot', color = undefined) {
  const angle = (((180 + degrees) * Math.PI) / 180).toFixed(9)
  const paint = color ? `\n  color ${color}` : ''
  return `FOSSBot {
  translation ${x} ${y} ${z}
  rotation 0 0 1 ${angle}
  name "${name}"
  controller "<none>"${paint}
}`
}

/** A wall that nothing moves, from corner to corner. */
function wall(name, [x0, y0], [x1, y1], height = 2, color = '0.9 0.55 0.2') {
  const size = `${x1 - x0} ${y1 - y0} ${height}`
  return `Solid {
  translation ${(x0 + x1) / 2} ${(y0 + y1) / 2} ${height / 2}
  name "${name}"
  children [
    Shape {
      appearance DEF WALL PBRAppearance { baseColor ${color} roughness 0.7 metalness 0 }
      geometry Box { size ${size} }
    }
  ]
  boundingObject Box { size ${size} }
}`
}

function ball(name, x, y, radius, color) {
  return `Solid {
  translation ${x} ${y} ${radius + 0.0265}
  name "${name}"
  contactMaterial "FOSSBot obstacle"
  children [
    Shape {
      appearance PBRAppearance { baseColor ${color} roughness 0.4 metalness 0 }
      geometry Sphere { radius ${radius} subdivision 4 }
    }
  ]
  boundingObject Sphere { radius ${radius} }
  physics Physics { density -1 mass 50 damping Damping { linear 0.1 angular 0.1 } }
}`
}

/** A flat mark on the floor, only to be seen. */
function mark(x, y, radius, color) {
  return `Pose {
  translation ${x} ${y} 0.06
  children [
    Shape {
      appearance PBRAppearance { baseColor ${color} roughness 0.9 metalness 0 }
      geometry Cylinder { radius ${radius} height 0.01 subdivision 48 }
      castShadows FALSE
    }
  ]
}`
}

/** Without the EXTERNPROTO lines that it does not need. */
function world(level, ...parts) {
  const text = `${parts.join('\n')}\n`
  const needed = text.split('\n').filter((row) => {
    const [, proto] = /^EXTERNPROTO ".*\/(FOSSBot\w*)\.proto"$/.exec(row) ?? []
    return proto === undefined || new RegExp(`^${proto} \\{`, 'm').test(text)
  })
  save(`fossbot-level-${level}/worlds/fossbot_level_${level}.wbt`, needed.join('\n'))
}

// 0: a wall ahead.
world(
  0,
  head(
    'FOSSBot level 0: a wall ahead',
    'Drive up to the wall, stop before it, and come back.',
    viewpoint([5, 15, 8], [-6, -1, 0]),
  ),
  'FOSSBotFloor {\n}',
  wall('wall', [-13, -4], [-12, 4]),
  mark(0, 0, 1.9, '0.75 0.88 1'),
  robot(0, 0),
)

// 1: thirteen walls around a path that winds inwards; the lanes are 8 m wide.
const T = 0.4
const along = (name, y, x0, x1) => wall(name, [x0 - T, y - T], [x1 + T, y + T])
const across = (name, x, y0, y1) => wall(name, [x - T, y0 - T], [x + T, y1 + T])
world(
  1,
  head(
    'FOSSBot level 1: the winding way',
    'Thirteen walls, five turns, and a green mark at the end.',
    viewpoint([0, -46, 52], [0, -2.5, 0]),
  ),
  'FOSSBotFloor {\n}',
  along('south wall', -20, -20, 20),
  along('north wall', 20, -20, 20),
  across('east wall', 20, -20, 20),
  across('west wall', -20, -20, 20),
  along('wall 1', -12, -12, 20),
  across('wall 2', -12, -12, 12),
  along('wall 3', 12, -12, 12),
  across('wall 4', 12, -4, 12),
  along('wall 5', -4, -4, 12),
  across('wall 6', -4, -4, 4),
  along('wall 7', 4, -4, 12),
  across('wall 8', 4, -4, 4),
  across('wall 9', -4, 4, 12),
  mark(16, -16, 1.9, '0.75 0.88 1'),
  mark(-8, 8, 2.2, '0.3 0.8 0.35'),
  robot(16, -16),
)

// 2: a line to follow.
const side = 1600
const metresPerPixel = 100 / side
const lineWidth = 0.7
/** Closed, with bends of both senses; metres as seen from above with x up and y to the left. */
const line = (t) => {
  const radius = 1 + 0.1 * Math.cos(3 * t)
  return [30 * Math.cos(t) * radius, 36 * Math.sin(t) * radius]
}
const data = new Uint8Array(side * side).fill(255)
const samples = 40_000
const reach = Math.ceil(lineWidth / 2 / metresPerPixel) + 1
for (let k = 0; k < samples; k++) {
  const [x, y] = line((2 * Math.PI * k) / samples)
  const row = (50 - x) / metresPerPixel
  const column = (50 - y) / metresPerPixel
  for (let r = Math.floor(row - reach); r <= row + reach; r++) {
    for (let c = Math.floor(column - reach); c <= column + reach; c++) {
      const away = Math.hypot(r + 0.5 - row, c + 0.5 - column) - lineWidth / 2 / metresPerPixel
      const level = Math.round(255 * Math.min(Math.max(away + 0.5, 0), 1))
      data[r * side + c] = Math.min(data[r * side + c], level)
    }
  }
}
save(
  'fossbot-level-2/worlds/textures/line.png',
  encode({ width: side, height: side, data, channels: 1, depth: 8 }, { zlib: { level: 9 } }),
)
// The line passes the x axis along y.
const [startX] = line(0)
world(
  2,
  head(
    'FOSSBot level 2: follow the line',
    'Three sensors under the robot see the black line.',
    viewpoint([startX + 16, -14, 12], [startX - 4, 6, 0]),
  ),
  `FOSSBotFloor {
  textureUrl [ "textures/line.png" ]
  repeat 1 1
  offset 0 0
}`,
  robot(startX.toFixed(3), 0, 0.0265, -90),
)

// 3: four robots around a ball.
world(
  3,
  head(
    'FOSSBot level 3: four friends and a ball',
    'Four robots look at one ball; each has a program of its own.',
    viewpoint([17, -21, 15], [0, 0, 0]),
  ),
  'FOSSBotFloor {\n}',
  ball('sphere', 0, 0, 2, '0.95 0.8 0.15'),
  robot(10, 0, 0.0265, 0, 'fossbot', '0.1 0.35 0.9'),
  robot(0, 10, 0.0265, 90, 'fossbot2', '0.85 0.15 0.12'),
  robot(-10, 0, 0.0265, 180, 'fossbot3', '0.15 0.65 0.25'),
  robot(0, -10, 0.0265, -90, 'fossbot4', '0.95 0.6 0.1'),
)

// 4: hills, with a hollow in the middle where a robot without a brake stays.
const heights = []
for (let j = 0; j < 100; j++) {
  for (let i = 0; i < 100; i++) {
    const [x, y] = [i - 49, j - 50]
    const hills = 1.55 - 0.95 * Math.cos(x / 9) * Math.cos(y / 11) - 0.6 * Math.cos((x + y) / 13)
    heights.push(hills.toFixed(3))
  }
}
world(
  4,
  head(
    'FOSSBot level 4: over the hills',
    'Soft green hills: distances are longer and turns are not exact.',
    viewpoint([-13, 10, 6.5], [2, -2, 0.5]),
  ),
  `FOSSBotTerrain {
  textureUrl [ "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/default/worlds/textures/grass.jpg" ]
  heights [ ${heights.join(' ')} ]
}`,
  robot(0, 0, 0.05),
)
