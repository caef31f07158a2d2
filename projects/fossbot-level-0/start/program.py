from fossbot import FossBot

# session_id is the room of this page.
robot = FossBot(session_id)

robot.rgb_set_color("green")
print("The wall is", robot.get_distance(), "ahead")

# One step towards the wall. A loop of such steps can end when the wall is near:
# "while robot.get_distance() > ..." is a question that it asks before each step.
robot.move_distance(0.5)
print("Now it is", robot.get_distance(), "ahead")

# Two quarter turns are half a turn: then home is in front of the robot.
# How far is it? Count your steps on the way.

robot.exit()
