"""Drives to where the lidar sees most room.

The lidar measures 360 distances, from behind over the left, ahead and the right to behind again.
"""

import math

from controller import Robot

SPEED = 4.0  # radians per second
WIDTH = 0.5  # metres that the robot needs to pass
NEAR = 0.6  # metres to what is ahead, at which it turns on the spot

robot = Robot()
step = int(robot.getBasicTimeStep())
lidar = robot.getDevice("lidar")
lidar.enable(2 * step)
wheels = [robot.getDevice(name) for name in ("left wheel", "right wheel")]
for wheel in wheels:
    wheel.setPosition(float("inf"))
    wheel.setVelocity(0)


def drive(left, right):
    wheels[0].setVelocity(left)
    wheels[1].setVelocity(right)


def room(points, angle):
    """Return how far the robot can go this way: what stands in a lane of its width ends it."""
    cosine, sine = math.cos(angle), math.sin(angle)
    ahead = lidar.getMaxRange()
    for x, y in points:
        if abs(y * cosine - x * sine) < WIDTH / 2 and 0 < x * cosine + y * sine < ahead:
            ahead = x * cosine + y * sine
    return ahead


lidar.enablePointCloud()
ways = [math.radians(degrees) for degrees in range(-90, 91, 15)]
turning = 0  # 1 to the left, -1 to the right, 0 not at all
turns = 0
side = 0
while robot.step(2 * step) != -1:
    # Every third point will do.
    points = [(point.x, point.y) for point in lidar.getPointCloud()[::3] if math.isfinite(point.x)]
    rooms = {angle: room(points, angle) for angle in ways}
    # Rather straight on than a little more room aside.
    best = max(ways, key=lambda angle: rooms[angle] * (1.5 + math.cos(angle)))
    if rooms[0.0] < NEAR:
        if turning == 0:
            turning = 1 if best > 0 else -1
            turns += 1
            print("turn {}: {:.2f} m ahead, {} it goes".format(turns, rooms[0.0], "left" if turning > 0 else "right"))
        drive(-turning * SPEED / 3, turning * SPEED / 3)
        continue
    turning = 0
    if abs(best) > 0.5 and side != math.copysign(1, best):
        side = math.copysign(1, best)
        print("more room to the {}: {:.1f} m".format("left" if side > 0 else "right", rooms[best]))
    speed = SPEED * min(1.0, rooms[0.0] / 1.5)
    drive(speed - SPEED / 2 * best, speed + SPEED / 2 * best)
