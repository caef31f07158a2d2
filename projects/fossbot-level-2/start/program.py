from fossbot import FossBot

MIDDLE, RIGHT, LEFT = 1, 2, 3
robot = FossBot(session_id)

# Straight on while the line is in the middle.
while robot.check_on_line(MIDDLE):
    robot.just_move("forward")
robot.stop()

# Here the line has bent. Which sensor sees it now?
print("left:", robot.check_on_line(LEFT))
print("right:", robot.check_on_line(RIGHT))

# robot.just_rotate(0) turns to the left for half a second, robot.just_rotate(1) to the right.
# Where does the robot turn to when no sensor sees the line? It could remember who saw it last.

robot.exit()
