"""An e-puck that avoids obstacles, as a Braitenberg vehicle: each sensor pushes the wheels directly."""

from controller import Robot

MAX_SPEED = 5.0  # radians per second; the motors can do 6.28

# How much each of the eight sensors slows a wheel. ps0 looks ahead to the right, ps7 ahead to the left.
LEFT_WEIGHTS = [-1.4, -1.2, -0.5, 0.0, 0.0, 0.5, 1.0, 0.9]
RIGHT_WEIGHTS = [0.9, 1.0, 0.5, 0.0, 0.0, -0.5, -1.2, -1.4]

robot = Robot()
time_step = int(robot.getBasicTimeStep())

sensors = [robot.getDevice(f"ps{i}") for i in range(8)]
for sensor in sensors:
    sensor.enable(time_step)

left_motor = robot.getDevice("left wheel motor")
right_motor = robot.getDevice("right wheel motor")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))  # control the velocity, not the position
    motor.setVelocity(0.0)

print("Hello, I am", robot.getName())
next_report = 0.0

while robot.step(time_step) != -1:
    # 0 when nothing is near, about 1 when something is very near.
    nearness = [min(1.0, max(0.0, (sensor.getValue() - 80.0) / 500.0)) for sensor in sensors]

    left = MAX_SPEED * (1.0 + sum(w * n for w, n in zip(LEFT_WEIGHTS, nearness)))
    right = MAX_SPEED * (1.0 + sum(w * n for w, n in zip(RIGHT_WEIGHTS, nearness)))

    # Head-on, both sides cancel out: then turn on the spot, to the side where there is more room.
    if nearness[0] + nearness[7] > 0.9:
        room_on_the_right = nearness[6] + nearness[7] > nearness[0] + nearness[1]
        left, right = (MAX_SPEED, -MAX_SPEED) if room_on_the_right else (-MAX_SPEED, MAX_SPEED)

    left_motor.setVelocity(max(-MAX_SPEED, min(MAX_SPEED, left)))
    right_motor.setVelocity(max(-MAX_SPEED, min(MAX_SPEED, right)))

    if robot.getTime() >= next_report:
        print(f"{robot.getTime():5.1f} s  nearest obstacle: sensor ps{nearness.index(max(nearness))}, {max(nearness):.2f}")
        next_report += 2.0
