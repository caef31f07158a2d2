"""Solves a maze with the right-hand rule: keep a wall on the right, and every wall that hangs together is walked."""

import math

from controller import Robot

SPEED = 5.5  # radians per second
NEAR = 110.0  # reading of a sensor a few centimetres from a wall
GOAL = (0.5000, -0.3750)  # metres, the middle of the green square

robot = Robot()
time_step = int(robot.getBasicTimeStep())

sensors = [robot.getDevice(f"ps{i}") for i in range(8)]
for sensor in sensors:
    sensor.enable(time_step)
gps = robot.getDevice("gps")
gps.enable(time_step)

left_motor = robot.getDevice("left wheel motor")
right_motor = robot.getDevice("right wheel motor")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)


def drive(left, right):
    left_motor.setVelocity(max(-6.28, min(6.28, left)))
    right_motor.setVelocity(max(-6.28, min(6.28, right)))


while robot.step(time_step) != -1:
    values = [sensor.getValue() for sensor in sensors]
    ahead = max(values[0], values[7])
    right = values[2]
    right_ahead = values[1]

    x, y = gps.getValues()[0], gps.getValues()[1]
    if math.hypot(x - GOAL[0], y - GOAL[1]) < 0.06:
        drive(0, 0)
        robot.step(time_step)
        print(f"I found the goal after {robot.getTime():.1f} s.")
        break

    if ahead > NEAR:
        drive(-SPEED, SPEED)  # a wall ahead: turn left on the spot
    elif right < 85 and right_ahead < 85:
        drive(SPEED, 0.28 * SPEED)  # the wall is gone: follow it around the corner
    else:
        error = max(-1.0, min(1.0, (right - 140.0) / 120.0))
        error = max(error, min(1.0, (right_ahead - 120.0) / 80.0))
        drive(SPEED * (1.0 - 0.5 * error), SPEED * (1.0 + 0.5 * error))
