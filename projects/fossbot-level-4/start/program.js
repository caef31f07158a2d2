// With rotate_90: 40 the "quarter" turns of this robot are of 40 degrees.
const robot = new FossBot(sessionId, { rotate_90: 40 })

robot.rgb_set_color('yellow')
await robot.move_distance(5)
await robot.rotate_counterclockwise_90()

// On a slope the robot does not stand level, and what it feels of its weight shows that.
for (const axis of ['x', 'y', 'z']) console.log('acceleration', axis, await robot.get_acceleration(axis))

// One side of a round is done. How many sides has a round with turns of 40 degrees?

await robot.exit()
