"""Keeps the wall on the right at a constant distance, with the sonars of a Pioneer 3-DX."""

from controller import Robot

DISTANCE = 0.6  # metres between the robot and the wall
CRUISE = 5.0  # radians per second

robot = Robot()
time_step = int(robot.getBasicTimeStep())

sonars = [robot.getDevice(f"so{i}") for i in range(16)]
for sonar in sonars:
    sonar.enable(time_step)

left_motor = robot.getDevice("left wheel")
right_motor = robot.getDevice("right wheel")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)


def metres(index):
    """Distance that a sonar sees, up to five metres: 1024 means touching, 0 means nothing there."""
    return 5.0 * (1.0 - sonars[index].getValue() / 1024.0)


next_report = 0.0
while robot.step(time_step) != -1:
    ahead = min(metres(i) for i in (2, 3, 4, 5))
    side = min(metres(7), metres(8))  # so7 and so8 look to the right
    corner = metres(6)

    if ahead < DISTANCE + 0.4:
        # A wall ahead: turn left.
        left, right = 0.2 * CRUISE, 0.9 * CRUISE
        if ahead < DISTANCE:
            left, right = -0.5 * CRUISE, 0.5 * CRUISE
    else:
        error = max(-0.5, min(0.5, min(side, corner * 0.8) - DISTANCE))
        left = CRUISE * (1.0 + 0.7 * error)
        right = CRUISE * (1.0 - 0.7 * error)

    left_motor.setVelocity(left)
    right_motor.setVelocity(right)

    if robot.getTime() >= next_report:
        print(f"{robot.getTime():5.1f} s  right {side:.2f} m  ahead {ahead:.2f} m")
        next_report += 3.0
