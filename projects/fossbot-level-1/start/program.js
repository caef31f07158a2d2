// A slower robot stops in a shorter distance.
const robot = new FossBot(sessionId, { motor_left_speed: 60, motor_right_speed: 60 })

// just_move drives for half a second. Called again and again, it drives on.
for (let step = 0; step < 10; step++) {
  robot.just_move('forward')
  console.log('The wall is', (await robot.get_distance()).toFixed(1), 'ahead')
}
robot.stop()

// The way bends to the right: await robot.rotate_clockwise_90() turns there.
// The lanes are 8 wide. At which distance does the robot stand in the middle of the next one?

await robot.exit()
