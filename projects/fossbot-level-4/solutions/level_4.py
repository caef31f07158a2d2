"""Level 4: a round over the hills in steps of 40 degrees. python3 level_4.py ROOM [ADDRESS]"""

import sys

from fossbot import FossBot

SESSION = sys.argv[1] if len(sys.argv) > 1 else input("Room: ")
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"


def main():
    robot = FossBot(SESSION, server_address=ADDRESS, rotate_90=40)
    for side in range(9):
        robot.rgb_set_color("yellow" if side % 2 else "cyan")
        robot.move_distance(5)
        robot.rotate_counterclockwise_90()
        print("Side", side + 1)
    robot.rgb_set_color("green")
    robot.exit()


main()
