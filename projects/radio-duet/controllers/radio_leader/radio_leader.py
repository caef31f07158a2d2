"""The leader of the duet: dances, and tells each step by radio."""

import json

from controller import Robot

# Seconds, left wheel, right wheel (radians per second).
STEPS = [(2.0, 4.0, 4.0), (1.3, -3.0, 3.0), (2.0, 4.0, 4.0), (1.3, -3.0, 3.0), (3.0, 5.0, 2.5), (1.0, -4.0, -4.0)]

robot = Robot()
time_step = int(robot.getBasicTimeStep())
emitter = robot.getDevice("emitter")
leds = [robot.getDevice(f"led{i}") for i in range(8)]
motors = [robot.getDevice("left wheel motor"), robot.getDevice("right wheel motor")]
for motor in motors:
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)

step_index = -1
step_ends = 0.0
while robot.step(time_step) != -1:
    if robot.getTime() < step_ends:
        continue
    step_index = (step_index + 1) % len(STEPS)
    seconds, left, right = STEPS[step_index]
    step_ends = robot.getTime() + seconds
    motors[0].setVelocity(left)
    motors[1].setVelocity(right)
    for i, led in enumerate(leds):
        led.set(1 if i == step_index else 0)
    emitter.send(json.dumps({"step": step_index, "left": left, "right": right}))
    print(f"step {step_index}: left {left}, right {right}")
