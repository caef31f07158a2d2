"""Level 2: keep the line under the middle sensor. python3 level_2.py ROOM [ADDRESS [SECONDS]]"""

import sys

from fossbot import FossBot

SESSION = sys.argv[1] if len(sys.argv) > 1 else input("Room: ")
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 180
MIDDLE, RIGHT, LEFT = 1, 2, 3


def main():
    robot = FossBot(SESSION, server_address=ADDRESS)
    robot.start_timer()
    towards = 0
    while robot.get_elapsed() < SECONDS:
        if robot.check_on_line(MIDDLE):
            robot.just_move("forward")
            continue
        # The line has left the middle: turn to the side that sees it, or that saw it last.
        if robot.check_on_line(LEFT):
            towards = 0
        elif robot.check_on_line(RIGHT):
            towards = 1
        robot.just_rotate(towards)
    robot.stop()
    robot.exit()


main()
