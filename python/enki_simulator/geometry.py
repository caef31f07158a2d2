"""Quaternions (x, y, z, w) and axis-angle rotations, as far as flat worlds and the old dialect of the stream need them."""

import math


def from_axis_angle(rotation):
    x, y, z, angle = rotation
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0:
        return (0.0, 0.0, 0.0, 1.0)
    sine = math.sin(angle / 2) / length
    return (x * sine, y * sine, z * sine, math.cos(angle / 2))


def to_axis_angle(quaternion):
    x, y, z, w = quaternion if quaternion[3] >= 0 else tuple(-part for part in quaternion)
    sine = math.sqrt(x * x + y * y + z * z)
    if sine < 1e-12:
        return [0.0, 0.0, 1.0, 0.0]
    return [x / sine, y / sine, z / sine, 2 * math.atan2(sine, w)]


def multiply(a, b):
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def rotate(quaternion, vector):
    x, y, z, w = quaternion
    conjugate = (-x, -y, -z, w)
    return list(multiply(multiply(quaternion, (*vector, 0.0)), conjugate)[:3])


def yaw_of(rotation):
    """The angle about z in radians, or None when the rotation tilts."""
    x, y, z, w = from_axis_angle(rotation)
    if x * x + y * y > 1e-6:
        return None
    return 2 * math.atan2(z, w)


def normalize(angle):
    """The same direction within −π and π."""
    return math.atan2(math.sin(angle), math.cos(angle))
