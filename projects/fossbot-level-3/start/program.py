from fossbot import FossBot

NAMES = ["fossbot", "fossbot2", "fossbot3", "fossbot4"]

# One program may drive them all.
robots = [FossBot(session_id, fossbot_name=name) for name in NAMES]

for name, robot in zip(NAMES, robots):
    print(name, "is", round(robot.get_distance(), 1), "from the ball")

# move_distance waits until the robot is there: they go one after the other.
# just_move does not wait: called for all four again and again, they go at once.
for robot in robots:
    robot.move_distance(1)

for robot in robots:
    robot.exit()
