"""The first level of FOSSBot's library, as a user writes it: build the scene, drive up to the wall, turn, go on."""
import sys
import time

import fossbot_library
from fossbot_library import FossBot, GodotEnvironment

address, session_id, transport = sys.argv[1:4]
fossbot_library.TRANSPORTS = [transport]

scene = GodotEnvironment(session_id, server_address=address)
scene.remove_all_objects()
print("terrain:", scene.reset_floor_terrain())
scene.spawn_fossbot(pos_x=0, pos_y=0, color="violet")
scene.spawn_cube(pos_x=-10, pos_y=0, scale_y=4, color="red")
scene.exit()

time.sleep(1.5)
robot = FossBot(session_id, server_address=address, fossbot_name="fossbot", rotate_90=90)
robot.start_timer()
robot.rgb_set_color("green")
robot.move_reverse_distance(3)
print("clear:", robot.get_distance())
while robot.get_distance() > 5:
    robot.just_move("forward")
robot.stop()
near = robot.get_distance()
print("near:", near)
assert 2 < near <= 5, near
print(robot.rotate_clockwise_90())
print("after the turn:", robot.get_distance())
robot.play_sound("res://soundfx/r2d2.mp3")
robot.move_distance(4)
print("rest:", [round(robot.get_acceleration(axis), 1) for axis in "xyz"] if time.sleep(1) is None else "")
print("elapsed:", robot.get_elapsed() > 5)
robot.exit()
print("LEVEL FINISHED")
