"""Level 0: up to the wall, round, and home. python3 level_0.py ROOM [ADDRESS]"""

import sys

from fossbot import FossBot

SESSION = sys.argv[1] if len(sys.argv) > 1 else input("Room: ")
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"

NEAR = 4
STEP = 0.5


def main():
    robot = FossBot(SESSION, server_address=ADDRESS)
    robot.rgb_set_color("green")
    robot.play_sound("res://soundfx/startup.mp3")

    driven = 0
    while robot.get_distance() > NEAR:
        robot.move_distance(STEP)
        driven += STEP
    robot.rgb_set_color("red")
    print("The wall is", round(robot.get_distance(), 2), "ahead after", driven)

    robot.rotate_counterclockwise_90()
    robot.rotate_counterclockwise_90()
    robot.move_distance(driven)
    robot.rgb_set_color("blue")
    robot.play_sound("res://soundfx/mpravo.mp3")
    robot.exit()


main()
