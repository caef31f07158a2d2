"""A robot of the scene that Enki has a model of."""

import random

import pyenki

from .devices import TYPES, Device, DistanceSensor, Led, Motor, PositionSensor
from .geometry import yaw_of

CENTIMETRES = 100.0


class Kind:
    def __init__(self, create, motors, proximity, ground, sensor_offset):
        self.create = create
        #: Names of the left and right motor.
        self.motors = motors
        #: Names of the proximity sensors in the order in which Enki numbers them, and of those that look down.
        self.proximity = proximity
        self.ground = ground
        #: Metres by which Enki's sensors stand further out than those of the PROTO.
        self.sensor_offset = sensor_offset


KINDS = {
    "E-puck": Kind(
        pyenki.EPuck,
        ("left wheel motor", "right wheel motor"),
        tuple("ps{}".format(index) for index in range(8)),
        (),
        0.0035,
    ),
    "Thymio2": Kind(
        pyenki.Thymio2,
        ("motor.left", "motor.right"),
        tuple("prox.horizontal.{}".format(index) for index in range(7)),
        ("prox.ground.0", "prox.ground.1"),
        0.0,
    ),
}


class Wheel:
    def __init__(self, joint, motor):
        self.motor = motor
        self.solid = joint.node("endPoint")
        self.translation = self.solid.vector("translation", (0.0, 0.0, 0.0))
        bounds = self.solid.node("boundingObject")
        while bounds is not None and bounds.type != "Cylinder":
            bounds = next(iter(bounds.inner()), None)
        self.radius = bounds.number("radius", 0.02) if bounds else 0.02


class Robot:
    """Enki's body and the devices of one robot. ``place()`` puts it back where the world file has it."""

    def __init__(self, node, seed):
        self.node = node
        self.name = node.text("name", "robot")
        self.kind = KINDS[node.proto]
        self._seed = seed
        self._noise = random.Random(seed)
        self._start = node.vector("translation", (0.0, 0.0, 0.0))
        self._start_yaw = yaw_of(node.vector("rotation", (0.0, 0.0, 1.0, 0.0))) or 0.0
        self.devices = {}
        self.wheels = []
        self._motors = {}
        self.body = None
        self._find_devices(node)
        self._left, self._right = (self._motors[name] for name in self.kind.motors)
        self.periods = {}
        self.place()

    def _find_devices(self, node):
        for child in node.inner():
            if child.type == "HingeJoint":
                self._find_wheel(child)
            elif child.type in TYPES:
                self._add(self._make(child))
            self._find_devices_below(child)

    def _find_devices_below(self, node):
        if node.type != "Robot":
            self._find_devices(node)

    def _find_wheel(self, joint):
        motors = [child for child in joint.nodes("device") if child.type == "RotationalMotor"]
        if not motors or joint.node("endPoint") is None:
            return
        motor = Motor(motors[0])
        self._motors[motor.name] = motor
        self.wheels.append(Wheel(joint, motor))
        for child in joint.nodes("device"):
            if child.type == "PositionSensor":
                self._add(PositionSensor(child, motor))
            elif child is motors[0]:
                self._add(motor)

    def _add(self, device):
        self.devices.setdefault(device.name, device)

    def _make(self, node):
        name = node.text("name")
        if node.type == "LED":
            return Led(node)
        if node.type == "DistanceSensor" and name in self.kind.proximity:
            index = self.kind.proximity.index(name)
            return DistanceSensor(node, lambda: self._distance(index), self._noise)
        if node.type == "DistanceSensor" and name in self.kind.ground:
            index = self.kind.ground.index(name)
            return DistanceSensor(node, lambda: float(self.body.groundSensorValues[index]), self._noise, raw=True)
        return Device(node)

    def _distance(self, index):
        return self.body.proximitySensorDistances[index] / CENTIMETRES + self.kind.sensor_offset

    @property
    def pose(self):
        """Metres and radians: x, y, z, yaw."""
        x, y = self.body.pos
        return x / CENTIMETRES, y / CENTIMETRES, self._start[2], self.body.angle

    def place(self):
        self.body = self.kind.create()
        self.body.pos = (self._start[0] * CENTIMETRES, self._start[1] * CENTIMETRES)
        self.body.angle = self._start_yaw
        self._noise.seed(self._seed)
        self.periods.clear()
        for device in self.devices.values():
            device.reset()

    def before_step(self, seconds):
        radius = self.wheels[0].radius
        self.body.leftSpeed = self._left.speed(seconds) * radius * CENTIMETRES
        self.body.rightSpeed = self._right.speed(seconds) * radius * CENTIMETRES

    def after_step(self):
        radius = self.wheels[0].radius * CENTIMETRES
        self._left.angle = self.body.leftOdometry / radius
        self._right.angle = self.body.rightOdometry / radius

    # -- controllers

    def descriptions(self):
        return [device.description() for device in self.devices.values()]

    def apply(self, command, time_ms):
        """A warning, or None; a wrong command changes nothing."""
        device = self.devices.get(command["device"])
        if device is None:
            return '"{}" device not found.'.format(command["device"])
        if command["set"] != "enable":
            return device.apply(command)
        period = int(command["periodMs"])
        if period == 0:
            self.periods.pop(device.name, None)
        else:
            self.periods[device.name] = [period, time_ms + period]
        return device.enable(period > 0)

    def read(self, time_ms):
        """Samples that are due."""
        values = {}
        for name, period in self.periods.items():
            if time_ms < period[1]:
                continue
            while period[1] <= time_ms:
                period[1] += period[0]
            value = self.devices[name].sample()
            if value is not None:
                values[name] = value
        return values

    def updates(self):
        return [update for device in self.devices.values() for update in device.updates()]
