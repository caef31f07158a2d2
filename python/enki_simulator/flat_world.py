"""The scene as Enki's world: robots, walls, boxes and cylinders on a plane."""

import math

import pyenki

from .geometry import normalize, yaw_of
from .robot import CENTIMETRES, KINDS, Robot

#: Enki's objects stand on the ground: what begins higher than robots reach is not in their way.
REACH_M = 0.05
GRAMS = 1000.0
#: Physics step: Enki divides a basic time step into parts of at most this.
LARGEST_STEP_MS = 4.0
IMMOBILE = -1.0


_FRAMES = ("Solid", "Group", "Pose", "Transform")
_JOINTS = ("HingeJoint", "Hinge2Joint", "SliderJoint", "BallJoint")
#: Sizes that are no thing on a table: metres.
LEAST_SIZE_M, LARGEST_SIZE_M = 1e-4, 1e3


def _has_body(node):
    """Whether something in it has to be simulated; how the rest is turned does not matter."""
    if node.type in ("Robot", *_JOINTS) or node.node("boundingObject") is not None:
        return True
    return node.type in _FRAMES and any(_has_body(child) for child in node.nodes("children"))


class Shape:
    """A rectangle or a circle in the frame of its solid. Metres and radians."""

    def __init__(self, x, y, yaw, height, size=None, radius=None):
        self.x, self.y, self.yaw = x, y, yaw
        self.height = height
        self.size = size
        self.radius = radius

    @property
    def volume(self):
        area = math.pi * self.radius**2 if self.size is None else self.size[0] * self.size[1]
        return area * self.height

    def create(self, mass):
        if self.size is None:
            return pyenki.CircularObject(self.radius * CENTIMETRES, self.height * CENTIMETRES, mass)
        length, width = self.size
        return pyenki.RectangularObject(length * CENTIMETRES, width * CENTIMETRES, self.height * CENTIMETRES, mass)


class Body:
    """One solid: its place, and its shapes. One that moves has exactly one shape."""

    def __init__(self, node, pose, shapes, mass):
        self.node = node
        self._start = pose
        self._shapes = shapes
        self.mass = mass
        self.objects = []

    @property
    def moves(self):
        return self.mass > 0

    def place(self):
        x, y, _, yaw = self._start
        self.objects = []
        for shape in self._shapes:
            placed = shape.create(self.mass * GRAMS if self.moves else IMMOBILE)
            cosine, sine = math.cos(yaw), math.sin(yaw)
            at_x = x + cosine * shape.x - sine * shape.y
            at_y = y + sine * shape.x + cosine * shape.y
            placed.pos = (at_x * CENTIMETRES, at_y * CENTIMETRES)
            placed.angle = yaw + shape.yaw
            self.objects.append(placed)

    @property
    def pose(self):
        shape, placed = self._shapes[0], self.objects[0]
        yaw = placed.angle - shape.yaw
        cosine, sine = math.cos(yaw), math.sin(yaw)
        x, y = (part / CENTIMETRES for part in placed.pos)
        return x - cosine * shape.x + sine * shape.y, y - sine * shape.x - cosine * shape.y, self._start[2], yaw


class FlatWorld:
    def __init__(self, scene, seed):
        self._scene = scene
        self._seed = seed
        self.robots = []
        self.bodies = []
        for node in scene.nodes:
            self._add(node, (0.0, 0.0, 0.0, 0.0))
        self._world = None
        self._build()

    # -- from the scene

    def _add(self, node, frame):
        if node.type == "Robot":
            return self._add_robot(node, frame)
        if node.type in _JOINTS:
            return self._left_out(node, "is a joint")
        if node.type not in _FRAMES or not _has_body(node):
            return None
        pose = self._pose(node, frame)
        if pose is None:
            return None
        if node.type == "Solid":
            self._add_solid(node, pose)
        for child in node.nodes("children"):
            self._add(child, pose)
        return None

    def _pose(self, node, frame):
        """The node's pose in the world, or None when it is tilted."""
        yaw = yaw_of(node.vector("rotation", (0.0, 0.0, 1.0, 0.0)))
        if yaw is None or not math.isfinite(yaw):
            self._left_out(node, "is tilted, and Enki's world is flat")
            return None
        dx, dy, dz = node.vector("translation", (0.0, 0.0, 0.0))
        x, y, z, turn = frame
        cosine, sine = math.cos(turn), math.sin(turn)
        return x + cosine * dx - sine * dy, y + sine * dx + cosine * dy, z + dz, turn + yaw

    def _left_out(self, node, why):
        label = node.text("name") or node.definition or node.proto or node.type
        message = '{} "{}" {}; it is shown and not simulated.'.format(node.proto or node.type, label, why)
        self._scene.warn("SCENE_NOT_SIMULATED", message, node.location)

    def _add_robot(self, node, frame):
        if node.proto not in KINDS:
            return self._left_out(node, "is not one of the robots that Enki knows ({})".format(", ".join(KINDS)))
        if frame != (0.0, 0.0, 0.0, 0.0):
            return self._left_out(node, "is inside another node")
        pose = self._pose(node, frame)
        if pose is not None and all(math.isfinite(part) for part in pose):
            self.robots.append(Robot(node, self._seed * 1009 + len(self.robots)))
        return None

    def _add_solid(self, node, pose):
        bounds = node.node("boundingObject")
        if bounds is None:
            return
        shapes = list(self._shapes(node, bounds, (0.0, 0.0, 0.0, 0.0), pose[2]))
        if not shapes:
            return
        physics = node.node("physics")
        mass = IMMOBILE
        if physics is not None and not node.flag("locked"):
            mass = physics.number("mass", -1.0)
            if mass <= 0:
                mass = physics.number("density", 1000.0) * sum(shape.volume for shape in shapes)
            if not 0 < mass < math.inf:
                mass = IMMOBILE
            if len(shapes) > 1:
                self._scene.warn(
                    "SCENE_NOT_SIMULATED",
                    'Solid "{}" has several parts; in Enki it does not move.'.format(node.text("name")),
                    node.location,
                )
                mass = IMMOBILE
        self.bodies.append(Body(node, pose, shapes, mass))

    def _shapes(self, solid, bounds, frame, ground):
        if bounds.type in ("Pose", "Transform"):
            frame = self._pose(bounds, frame)
            if frame is None:
                return
        if bounds.type in ("Pose", "Transform", "Group"):
            for child in bounds.nodes("children"):
                yield from self._shapes(solid, child, frame, ground)
            return
        if bounds.type == "Shape":
            geometry = bounds.node("geometry")
            if geometry is not None:
                yield from self._shapes(solid, geometry, frame, ground)
            return
        x, y, z, yaw = frame
        if bounds.type == "Plane":
            return
        if bounds.type == "Box":
            length, width, height = bounds.vector("size", (2.0, 2.0, 2.0))
            shape = Shape(x, y, yaw, height, size=(length, width))
        elif bounds.type in ("Cylinder", "Capsule", "Sphere"):
            radius = bounds.number("radius", 0.2 if bounds.type == "Capsule" else 1.0)
            straight = 0.0 if bounds.type == "Sphere" else bounds.number("height", 1.0 if bounds.type == "Capsule" else 2.0)
            height = straight if bounds.type == "Cylinder" else straight + 2 * radius
            shape = Shape(x, y, yaw, height, radius=radius)
        else:
            return self._left_out(solid, "has a boundingObject of type {}".format(bounds.type))
        sizes = (shape.height, *(shape.size or (shape.radius,)))
        if not all(LEAST_SIZE_M <= size <= LARGEST_SIZE_M for size in sizes) or not math.isfinite(x + y + z + yaw):
            return self._left_out(solid, "has a boundingObject without a possible size and place")
        bottom = ground + z - shape.height / 2
        if bottom <= REACH_M and bottom + shape.height > 0:
            shape.height = bottom + shape.height
            yield shape

    # -- time

    def _build(self):
        self._world = pyenki.World()
        self._world.setRandomSeed(self._seed)
        for body in self.bodies:
            body.place()
            for placed in body.objects:
                self._world.addObject(placed)
        for robot in self.robots:
            robot.place()
            self._world.addObject(robot.body)

    def reset(self):
        """Back to the state after loading."""
        self._build()

    def step(self, ms):
        seconds = ms / 1000
        for robot in self.robots:
            robot.before_step(seconds)
        self._world.step(seconds, max(1, math.ceil(ms / LARGEST_STEP_MS)))
        for robot in self.robots:
            robot.after_step()

    def moving(self):
        """(node, translation, axis, angle) of everything that can move, in its parent's frame."""
        for body in self.bodies:
            if body.moves:
                yield body.node, list(body.pose[:3]), (0.0, 0.0, 1.0), normalize(body.pose[3])
        for robot in self.robots:
            yield robot.node, list(robot.pose[:3]), (0.0, 0.0, 1.0), normalize(robot.pose[3])
            for wheel in robot.wheels:
                yield wheel.solid, wheel.translation, (0.0, 1.0, 0.0), normalize(wheel.motor.angle)
