from fossbot import FossBot

# With rotate_90=40 the "quarter" turns of this robot are of 40 degrees.
robot = FossBot(session_id, rotate_90=40)

robot.rgb_set_color("yellow")
robot.move_distance(5)
robot.rotate_counterclockwise_90()

# On a slope the robot does not stand level, and what it feels of its weight shows that.
print("acceleration:", [round(robot.get_acceleration(axis), 1) for axis in "xyz"])

# One side of a round is done. How many sides has a round with turns of 40 degrees?

robot.exit()
