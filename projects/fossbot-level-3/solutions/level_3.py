"""Level 3: four robots, four threads, one ball. python3 level_3.py ROOM [ADDRESS]"""

import threading
import sys

from fossbot import FossBot

SESSION = sys.argv[1] if len(sys.argv) > 1 else input("Room: ")
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8000"

NEAR = 3
COLORS = {"fossbot": "blue", "fossbot2": "red", "fossbot3": "green", "fossbot4": "yellow"}

together = threading.Barrier(len(COLORS))


def dance(name, color):
    robot = FossBot(SESSION, server_address=ADDRESS, fossbot_name=name)
    while robot.get_distance() > NEAR:
        robot.just_move("forward")
    robot.stop()
    print(name, "is", round(robot.get_distance(), 2), "from the ball")

    # Nobody bows before everybody is there.
    together.wait()
    robot.rgb_set_color(color)
    robot.rotate_clockwise_90()
    robot.rotate_counterclockwise_90()
    robot.move_reverse_distance(3)
    robot.exit()


threads = [threading.Thread(target=dance, args=item) for item in COLORS.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
