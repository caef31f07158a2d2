"""What all devices have in common."""


class Device:
    """A device of the robot. Made by ``robot.getDevice(name)``, never by hand."""

    def __init__(self, robot, description):
        self._robot = robot
        self._description = description
        self._constants = description.get("constants", {})

    @property
    def name(self):
        return self.getName()

    @property
    def model(self):
        return self.getModel()

    def getName(self):
        """Return the device's name as the world gives it."""
        return self._description["name"]

    def getModel(self):
        return self._description.get("model", "")

    def getNodeType(self):
        """Return the name of the node's type, such as ``"DistanceSensor"``."""
        return self._description["type"]

    def _constant(self, key, default=0.0):
        value = self._constants.get(key, default)
        if value == "inf":
            return float("inf")
        if value == "-inf":
            return float("-inf")
        return value

    def _command(self, word, **values):
        command = {"set": word, "device": self.getName()}
        command.update(values)
        self._robot._commands.append(command)

    def _sample(self, suffix=""):
        return self._robot._values.get(self.getName() + suffix)


class Sensor(Device):
    """A device that is read after ``enable(period)``."""

    #: What the simulation samples; motors sample several things.
    _what = None

    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._period = 0

    @property
    def samplingPeriod(self):
        return self.getSamplingPeriod()

    def enable(self, samplingPeriod):
        """Sample every ``samplingPeriod`` milliseconds; the first value is there after the next step."""
        period = int(samplingPeriod)
        if period < 0:
            self._robot._warn("{}.enable() called with a negative sampling period.".format(type(self).__name__))
            return
        self._period = period
        extra = {} if self._what is None else {"what": self._what}
        self._command("enable", periodMs=period, **extra)
        if period == 0:
            self._robot._values.pop(self.getName(), None)

    def disable(self):
        self.enable(0)

    def getSamplingPeriod(self):
        """Return the sampling period in milliseconds, 0 when disabled."""
        return self._period

    def _check_enabled(self, method):
        if self._period == 0:
            self._robot._warn_once(
                "{}.{}() called for a disabled device ({}): call enable() first.".format(
                    type(self).__name__, method, self.getName()
                )
            )

    def _number(self, method="getValue"):
        self._check_enabled(method)
        value = self._sample()
        return float("nan") if value is None else value

    def _vector(self, method="getValues", size=3, suffix=""):
        self._check_enabled(method)
        value = self._sample(suffix)
        return [float("nan")] * size if value is None else list(value)
