const [MIDDLE, RIGHT, LEFT] = [1, 2, 3]
const robot = new FossBot(sessionId)

// Straight on while the line is in the middle.
while (await robot.check_on_line(MIDDLE)) robot.just_move('forward')
robot.stop()

// Here the line has bent. Which sensor sees it now?
console.log('left:', await robot.check_on_line(LEFT))
console.log('right:', await robot.check_on_line(RIGHT))

// robot.just_rotate(0) turns to the left for half a second, robot.just_rotate(1) to the right.
// Where does the robot turn to when no sensor sees the line? It could remember who saw it last.

await robot.exit()
