// Level 2: keep the line under the middle sensor. For the page /godotcode, which gives it FossBot and sessionId.

const SECONDS = 180
const [MIDDLE, RIGHT, LEFT] = [1, 2, 3]

const robot = new FossBot(sessionId)
robot.start_timer()
let towards = 0
while ((await robot.get_elapsed()) < SECONDS) {
  if (await robot.check_on_line(MIDDLE)) {
    robot.just_move('forward')
    continue
  }
  // The line has left the middle: turn to the side that sees it, or that saw it last.
  if (await robot.check_on_line(LEFT)) towards = 0
  else if (await robot.check_on_line(RIGHT)) towards = 1
  robot.just_rotate(towards)
}
robot.stop()
await robot.exit()
