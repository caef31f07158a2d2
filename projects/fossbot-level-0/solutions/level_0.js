// Level 0: up to the wall, round, and home. For the page /godotcode, which gives it FossBot and sessionId.

const NEAR = 4
const STEP = 1

const robot = new FossBot(sessionId)
robot.rgb_set_color('green')
robot.play_sound('res://soundfx/startup.mp3')

let driven = 0
while ((await robot.get_distance()) > NEAR) {
  await robot.move_distance(STEP)
  driven += STEP
}
robot.rgb_set_color('red')
console.log('The wall is', (await robot.get_distance()).toFixed(2), 'ahead after', driven)

await robot.rotate_counterclockwise_90()
await robot.rotate_counterclockwise_90()
await robot.move_distance(driven)
robot.rgb_set_color('blue')
robot.play_sound('res://soundfx/mpravo.mp3')
await robot.exit()
