"""A Thymio II explores a table: it turns away from obstacles and from the dark edge, and lights up what it senses."""

from controller import Robot

SPEED = 5.0  # radians per second; the motors can do 9.53
DARK = 500.0  # the ground sensors read about 900 over the white table, much less over the dark edge
NEAR = 1200.0  # the horizontal sensors read 0 when nothing is there, up to 4500 when it touches

GREEN, BLUE, RED = 0x00C040, 0x2040FF, 0xFF2010  # exploring, an obstacle, the edge

robot = Robot()
time_step = int(robot.getBasicTimeStep())

horizontal = [robot.getDevice(f"prox.horizontal.{i}") for i in range(7)]  # five ahead from left to right, two behind
ground = [robot.getDevice(f"prox.ground.{i}") for i in range(2)]  # left, right
for sensor in horizontal + ground:
    sensor.enable(time_step)
top = robot.getDevice("leds.top")
# The third sensor has two lights.
horizontal_leds = [[robot.getDevice(f"leds.prox.h.{led}") for led in leds] for leds in ([0], [1], [2, 3], [4], [5], [6], [7])]
ground_leds = [robot.getDevice(f"leds.prox.v.{i}") for i in range(2)]

left_motor = robot.getDevice("motor.left")
right_motor = robot.getDevice("motor.right")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)


def drive(left, right):
    left_motor.setVelocity(left)
    right_motor.setVelocity(right)


robot.step(time_step)  # the first values arrive with the first step
doing = ""
turn = 1  # 1 is right, -1 left
back_until = turn_until = 0.0
count = 0
while robot.step(time_step) != -1:
    now = robot.getTime()
    dark = [sensor.getValue() < DARK for sensor in ground]
    near = [sensor.getValue() > NEAR for sensor in horizontal]
    for leds, lit in zip(horizontal_leds, near):
        for led in leds:
            led.set(1 if lit else 0)
    for led, lit in zip(ground_leds, dark):
        led.set(1 if lit else 0)

    before = doing
    if any(dark):
        doing = "edge"
        if now >= turn_until:
            turn = 1 if dark[0] and not dark[1] else -1
            count += 1
        back_until = now + 0.5
        turn_until = back_until + 0.8 + 0.2 * (count % 4)
    elif now >= turn_until:
        if any(near[:5]):
            if doing != "obstacle":
                turn = 1 if near[0] or near[1] else -1
            doing = "obstacle"
        else:
            doing = "exploring"

    if now < back_until:
        drive(-SPEED, -SPEED)
    elif now < turn_until or doing == "obstacle":
        drive(0.6 * SPEED * turn, -0.6 * SPEED * turn)
    else:
        drive(SPEED, SPEED)

    if doing != before:
        top.set({"exploring": GREEN, "obstacle": BLUE, "edge": RED}[doing])
        print(f"{now:5.1f} s  {doing}")
