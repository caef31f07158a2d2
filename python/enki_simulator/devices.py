"""Devices of a robot: commands in, samples out. Names, types and ranges are those that the robot's PROTO declares."""

import math

#: Devices that controllers find, and that Enki has nothing for.
INERT = {
    "Accelerometer", "Altimeter", "Brake", "Camera", "Compass", "Connector", "Display", "Emitter", "GPS", "Gyro",
    "InertialUnit", "Lidar", "LightSensor", "Pen", "Radar", "RangeFinder", "Receiver", "Speaker", "TouchSensor",
}  # fmt: skip
TYPES = INERT | {"RotationalMotor", "PositionSensor", "DistanceSensor", "LED"}
#: Steps of written colours.
COLOR_DIGITS = 3


class Device:
    """A device that is there and does nothing: what a controller asks of it is told once."""

    def __init__(self, node):
        self.node = node
        self.name = node.text("name", node.type.lower())
        self.enabled = False
        self._told = False

    def constants(self):
        if self.node.type != "Camera":
            return {}
        fields = (("width", "width", 64.0), ("height", "height", 64.0), ("fov", "fieldOfView", 0.785398), ("near", "near", 0.01))
        return {name: self.node.number(field, default) for name, field, default in fields}

    def description(self):
        return {"name": self.name, "type": self.node.type, "model": self.node.text("model"), "constants": self.constants()}

    def apply(self, command):
        """A warning for the controller's author, or None."""
        return self._not_here()

    def enable(self, on):
        self.enabled = on
        return self._not_here() if on else None

    def _not_here(self):
        if self._told:
            return None
        self._told = True
        return '"{}" ({}) has no effect in Enki\'s simulator.'.format(self.name, self.node.type)

    def sample(self):
        """The newest value, or None when there is none."""
        return None

    def updates(self):
        """What viewers see of it and has changed."""
        return []

    def reset(self):
        self.enabled = False


class SensorDevice(Device):
    def enable(self, on):
        self.enabled = on
        return None

    def apply(self, command):
        return "\"{}\" has no '{}'.".format(self.name, command["set"])


class Motor(Device):
    """A wheel's motor; Enki's wheels follow their speed at once."""

    def __init__(self, node):
        super().__init__(node)
        self.max_velocity = node.number("maxVelocity", 10.0)
        #: Radians since the start.
        self.angle = 0.0
        self._target = 0.0
        self._velocity = self.max_velocity

    def constants(self):
        return {
            "minPosition": self.node.number("minPosition", 0.0),
            "maxPosition": self.node.number("maxPosition", 0.0),
            "maxVelocity": self.max_velocity,
            "maxTorque": self.node.number("maxTorque", 10.0),
            "acceleration": -1,
            "multiplier": self.node.number("multiplier", 1.0),
        }

    def apply(self, command):
        kind = command["set"]
        if kind == "position":
            self._target = float(command["value"])
            return None
        if kind == "velocity":
            velocity = float(command["value"])
            self._velocity = max(-self.max_velocity, min(self.max_velocity, velocity))
            if abs(velocity) > self.max_velocity * (1 + 1e-9):
                return "The requested velocity {:g} exceeds 'maxVelocity' = {:g}.".format(velocity, self.max_velocity)
            return None
        if kind in ("force", "availableForce", "acceleration", "controlPID"):
            return self._not_here()
        return "a motor has no '{}'.".format(kind)

    def enable(self, on):
        return self._not_here() if on else None

    def speed(self, seconds):
        """Radians a second for the next step."""
        if math.isinf(self._target):
            return math.copysign(1, self._target) * self._velocity
        limit = abs(self._velocity)
        return max(-limit, min(limit, (self._target - self.angle) / seconds))

    def reset(self):
        super().reset()
        self.angle = 0.0
        self._target = 0.0
        self._velocity = self.max_velocity


class PositionSensor(SensorDevice):
    def __init__(self, node, motor):
        super().__init__(node)
        self._motor = motor
        self._resolution = node.number("resolution", -1.0)

    def sample(self):
        if self._resolution <= 0:
            return self._motor.angle
        return round(self._motor.angle / self._resolution) * self._resolution


class DistanceSensor(SensorDevice):
    """``measure()`` gives metres (through the lookup table) or, for sensors that look down, the value itself."""

    def __init__(self, node, measure, noise, raw=False):
        super().__init__(node)
        flat = node.numbers("lookupTable", (0.0, 0.0, 0.0, 0.1, 1000.0, 0.0))
        self._flat = flat
        self._rows = [tuple(flat[index : index + 3]) for index in range(0, len(flat) - 2, 3)]
        self._measure = measure
        self._noise = noise
        self._raw = raw

    def constants(self):
        outputs = [row[1] for row in self._rows] or [0.0]
        return {
            "minValue": min(outputs),
            "maxValue": max(outputs),
            "aperture": self.node.number("aperture", 1.5708),
            "sensorType": self.node.text("type", "generic"),
            "lookupTable": self._flat,
        }

    def sample(self):
        measured = self._measure()
        if self._raw:
            return measured
        return self._through_table(measured)

    def _through_table(self, distance):
        rows = self._rows
        if not rows:
            return distance
        if distance <= rows[0][0]:
            return self._noisy(*rows[0][1:])
        if distance >= rows[-1][0]:
            return self._noisy(*rows[-1][1:])
        index = next(index for index, row in enumerate(rows) if row[0] > distance)
        (x0, y0, n0), (x1, y1, n1) = rows[index - 1], rows[index]
        share = (distance - x0) / (x1 - x0)
        return self._noisy(y0 + share * (y1 - y0), n0 + share * (n1 - n0))

    def _noisy(self, output, noise):
        if noise == 0 or output == 0:
            return output
        value = output * (1 + noise * self._noise.gauss(0, 1))
        return max(value, 0.0) if output > 0 else value


class Led(Device):
    """Its value picks a colour, which becomes the emissive colour of the materials inside."""

    def __init__(self, node):
        super().__init__(node)
        self._gradual = node.flag("gradual")
        flat = node.numbers("color", (1.0, 0.0, 0.0)) if "color" in node.fields else [1.0, 0.0, 0.0]
        self._colors = [flat[index : index + 3] for index in range(0, len(flat), 3)]
        self._value = 0
        self._sent = 0
        self._targets = [material.id for material in _materials(node)]

    def apply(self, command):
        if command["set"] != "led":
            return "an LED has no '{}'.".format(command["set"])
        value = int(command["value"])
        if not self._gradual and not 0 <= value <= max(len(self._colors), 1):
            return "the LED has no colour {}.".format(value)
        self._value = value
        return None

    def enable(self, on):
        return self._not_here() if on else None

    def _color(self):
        if self._value <= 0:
            return [0.0, 0.0, 0.0]
        if not self._gradual:
            return self._colors[self._value - 1] if self._value <= len(self._colors) else [1.0, 0.0, 0.0]
        if not self._colors:
            return [((self._value >> shift) & 255) / 255 for shift in (16, 8, 0)]
        return [part * min(self._value / 255, 1) for part in self._colors[0]]

    def updates(self):
        if self._value == self._sent:
            return []
        self._sent = self._value
        text = " ".join("{:g}".format(round(part, COLOR_DIGITS)) for part in self._color())
        return [{"id": target, "emissiveColor": text} for target in self._targets]

    def reset(self):
        super().reset()
        self._value = 0


def _materials(node):
    for child in node.inner():
        if child.type in ("Material", "PBRAppearance"):
            yield child
        else:
            yield from _materials(child)
