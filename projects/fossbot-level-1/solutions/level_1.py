"""Level 1: turn clockwise wherever a wall is near, five times. python3 level_1.py ROOM [ADDRESS]"""

import sys

from fossbot import FossBot

SESSION = sys.argv[1] if len(sys.argv) > 1 else input("Room: ")
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"

# The lanes are 8 wide: here the robot is in the middle of the next one.
NEAR = 3.2
TURNS = 5


def drive_up_to_wall(robot):
    while robot.get_distance() > NEAR:
        robot.just_move("forward")
    robot.stop()


def main():
    robot = FossBot(SESSION, server_address=ADDRESS, motor_left_speed=60, motor_right_speed=60)
    for turn in range(TURNS):
        drive_up_to_wall(robot)
        robot.rotate_clockwise_90()
        print("Turn", turn + 1)
    drive_up_to_wall(robot)
    robot.rgb_set_color("green")
    robot.play_sound("res://soundfx/mpravo.mp3")
    robot.exit()


main()
