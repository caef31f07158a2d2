// Drives a four-wheeled robot around and away from boxes. Each step is awaited: time passes only there.
import { Robot } from 'controller'

const SPEED = 6 // radians per second
const NEAR = 950 // the sensors read 1000 when nothing is there, less when something is

const robot = await Robot.connect()
const timeStep = robot.getBasicTimeStep()

const wheels = ['wheel1', 'wheel2', 'wheel3', 'wheel4'].map((name) => robot.getDevice(name))
for (const wheel of wheels) {
  wheel.setPosition(Infinity)
  wheel.setVelocity(0)
}
const [left, right] = ['ds_left', 'ds_right'].map((name) => robot.getDevice(name))
left.enable(timeStep)
right.enable(timeStep)

// wheel1 and wheel3 are on the left, wheel2 and wheel4 on the right.
function drive(leftSpeed, rightSpeed) {
  for (const [index, wheel] of wheels.entries()) wheel.setVelocity(index % 2 === 0 ? leftSpeed : rightSpeed)
}

console.log(`Hello from JavaScript, I am ${robot.getName()}.`)
let turningUntil = 0
let backingUntil = 0
let away = 1 // 1 is right, -1 left
let turns = 0

while ((await robot.step(timeStep)) !== -1) {
  const now = robot.getTime()
  if (now < backingUntil) {
    drive(-SPEED, -SPEED)
  } else if (now < turningUntil) {
    drive(away * SPEED, -away * SPEED)
  } else if (left.getValue() < NEAR || right.getValue() < NEAR) {
    // Soon after the last turn it goes on the same way: out of a corner, not from one wall to the other.
    if (now > turningUntil + 2) away = left.getValue() < right.getValue() ? 1 : -1
    backingUntil = now + 0.4
    // Each time a little longer than the last, so that it sees all of the arena.
    turningUntil = backingUntil + 1.5 + 0.5 * (turns++ % 4)
    console.log(`${now.toFixed(1)} s: something is ahead, turning ${away > 0 ? 'right' : 'left'}`)
  } else {
    drive(SPEED, SPEED)
  }
}
