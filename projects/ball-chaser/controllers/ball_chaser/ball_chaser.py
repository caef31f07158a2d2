"""Chases a red ball: finds the red pixels of the camera image and steers to the middle of them."""

from controller import Robot

SPEED = 4.0  # radians per second
CAMERA_PERIOD = 64  # milliseconds between two images
KICK_SIZE = 110  # red pixels when the ball is near enough

robot = Robot()
time_step = int(robot.getBasicTimeStep())

camera = robot.getDevice("camera")
camera.enable(CAMERA_PERIOD)
left_motor = robot.getDevice("left wheel motor")
right_motor = robot.getDevice("right wheel motor")
for motor in (left_motor, right_motor):
    motor.setPosition(float("inf"))
    motor.setVelocity(0.0)


def find_ball(image, width, height):
    """Return where the red pixels are, -1 (left edge) to 1 (right edge), and how many there are."""
    count = total = 0
    for y in range(0, height, 2):
        for x in range(0, width, 2):
            at = 4 * (y * width + x)
            blue, green, red = image[at], image[at + 1], image[at + 2]
            if red > 80 and red > 2 * green and red > 2 * blue:
                count += 1
                total += x
    return (2.0 * total / count / width - 1.0, count) if count else (0.0, 0)


def drive(left, right):
    left_motor.setVelocity(max(-6.28, min(6.28, left)))
    right_motor.setVelocity(max(-6.28, min(6.28, right)))


kicks = 0
kick_ends = retreat_ends = 0.0
side = -1.0  # where the ball was seen last: -1 left, 1 right
seen_before = False
while robot.step(CAMERA_PERIOD) != -1:
    now = robot.getTime()
    if now < kick_ends:
        continue  # it dashes forward
    if now < retreat_ends:
        drive(-SPEED, -0.8 * SPEED)  # back off, and turn a little
        continue
    image = camera.getImage()
    if image is None:
        continue
    where, size = find_ball(image, camera.getWidth(), camera.getHeight())
    if size > KICK_SIZE and abs(where) < 0.4:
        kicks += 1
        print(f"{now:5.1f} s  kick number {kicks}!")
        kick_ends = now + 1.2
        retreat_ends = kick_ends + 2.0
        drive(6.28, 6.28)
    elif size > 0:
        side = 1.0 if where > 0 else -1.0
        drive(SPEED * (1.0 + 0.6 * where), SPEED * (1.0 - 0.6 * where))
    else:
        drive(0.4 * SPEED * side, -0.4 * SPEED * side)  # look around
    if (size > 0) != seen_before:
        seen_before = size > 0
        print(f"{now:5.1f} s  " + ("I see the ball!" if seen_before else "Where is it?"))
