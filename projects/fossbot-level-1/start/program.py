from fossbot import FossBot

# A slower robot stops in a shorter distance.
robot = FossBot(session_id, motor_left_speed=60, motor_right_speed=60)

# just_move drives for half a second. Called again and again, it drives on.
for step in range(10):
    robot.just_move("forward")
    print("The wall is", round(robot.get_distance(), 1), "ahead")
robot.stop()

# The way bends to the right: robot.rotate_clockwise_90() turns there.
# The lanes are 8 wide. At which distance does the robot stand in the middle of the next one?

robot.exit()
