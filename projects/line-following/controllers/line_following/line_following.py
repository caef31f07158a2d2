"""Follows a dark line with the three ground sensors of the e-puck: a proportional controller."""

from controller import Robot

SPEED = 3.5  # radians per second
GAIN = 4.0  # how hard to steer back

robot = Robot()
time_step = int(robot.getBasicTimeStep())

ground = [robot.getDevice(f"gs{i}") for i in range(3)]  # left, middle, right
for sensor in ground:
    sensor.enable(time_step)

left_motor = robot.getDevice("left wheel motor")
right_motor = robot.getDevice("right wheel motor")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)

robot.step(time_step)  # the first values arrive with the first step
brightest = darkest = ground[1].getValue()
last_error = 0.0
next_report = 0.0

while robot.step(time_step) != -1:
    values = [sensor.getValue() for sensor in ground]
    brightest = max(brightest, *values)
    darkest = min(darkest, *values)
    contrast = max(1.0, brightest - darkest)
    darkness = [(brightest - value) / contrast for value in values]

    # Negative: the line is on the left. When it is lost, keep turning the way it went.
    if max(darkness) > 0.3 and contrast > 50:
        last_error = darkness[2] - darkness[0]
        speed = SPEED * (1.0 - 0.5 * abs(last_error))
    else:
        speed = 0.3 * SPEED if contrast > 50 else SPEED
        last_error = max(-1.0, min(1.0, 3.0 * last_error))

    left_motor.setVelocity(max(-6.0, min(6.0, speed + GAIN * last_error)))
    right_motor.setVelocity(max(-6.0, min(6.0, speed - GAIN * last_error)))

    if robot.getTime() >= next_report:
        print(f"{robot.getTime():5.1f} s  darkness left {darkness[0]:.2f}  middle {darkness[1]:.2f}  right {darkness[2]:.2f}")
        next_report += 2.0
