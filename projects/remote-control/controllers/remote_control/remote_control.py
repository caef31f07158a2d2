"""Drives an e-puck as its window says, and tells the window how far it has gone.

The window is in plugins/robot_windows/remote_control/. Each text is one command: "drive 0.5 -0.5", "led 1", "configure".
"""

from controller import Robot

WHEEL_RADIUS = 0.02  # metres
MAX_SPEED = 6.28  # radians per second

robot = Robot()
step = int(robot.getBasicTimeStep())
wheels = [robot.getDevice(name) for name in ("left wheel motor", "right wheel motor")]
turned = [robot.getDevice(name) for name in ("left wheel sensor", "right wheel sensor")]
leds = [robot.getDevice("led{}".format(index)) for index in range(8)]
for wheel in wheels:
    wheel.setPosition(float("inf"))
    wheel.setVelocity(0)
for sensor in turned:
    sensor.enable(step)


def obey(command):
    """Return what to answer, or None."""
    word, *values = command.split()
    if word == "configure":
        return "robot {}".format(robot.getName())
    if word == "drive":
        # Shares of the greatest speed, left and right.
        for wheel, value in zip(wheels, values):
            wheel.setVelocity(MAX_SPEED * max(-1.0, min(1.0, float(value))))
        return None
    if word == "led":
        for led in leds:
            led.set(int(values[0]))
        return None
    return "error unknown command {}".format(word)


last = 0.0
while robot.step(step) != -1:
    command = robot.wwiReceiveText()
    while command:
        try:
            answer = obey(command)
        except (IndexError, ValueError):
            answer = "error cannot read {}".format(command)
        if answer:
            print(answer)
            robot.wwiSendText(answer)
        command = robot.wwiReceiveText()
    # A few times a second is enough for a person.
    if robot.getTime() - last >= 0.2:
        last = robot.getTime()
        distance = WHEEL_RADIUS * sum(sensor.getValue() for sensor in turned) / 2
        robot.wwiSendText("distance {:.3f}".format(distance))
