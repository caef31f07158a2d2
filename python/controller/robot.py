"""The robot: devices, time, and the step that everything waits for."""

import atexit
import sys

from .camera import Camera
from .device import Device
from .emitter import Emitter, Receiver
from .keyboard import Keyboard
from .led import LED
from .lidar import Lidar, RangeFinder
from .link import PROTOCOL_VERSION, LinkClosed, open_link
from .motor import Brake, Motor, PositionSensor
from .pen import Pen
from .sensor import GPS, Accelerometer, Compass, DistanceSensor, Gyro, InertialUnit, LightSensor, TouchSensor

_CLASSES = {
    "Accelerometer": Accelerometer,
    "Brake": Brake,
    "Camera": Camera,
    "Compass": Compass,
    "DistanceSensor": DistanceSensor,
    "Emitter": Emitter,
    "GPS": GPS,
    "Gyro": Gyro,
    "InertialUnit": InertialUnit,
    "LED": LED,
    "Lidar": Lidar,
    "LightSensor": LightSensor,
    "LinearMotor": Motor,
    "Pen": Pen,
    "PositionSensor": PositionSensor,
    "RangeFinder": RangeFinder,
    "Receiver": Receiver,
    "RotationalMotor": Motor,
    "TouchSensor": TouchSensor,
}


class Robot:
    """The robot that this program controls. Make exactly one."""

    MODE_SIMULATION, MODE_CROSS_COMPILATION, MODE_REMOTE_CONTROL = range(3)
    _created = None

    def __init__(self):
        if Robot._created is not None:
            sys.exit("Error: only one Robot can be made in each controller.")
        Robot._created = self
        self._commands = []
        self._values = {}
        self._window_texts = []
        self._warned = set()
        self._stepping = False
        self._over = False
        self._link = open_link()
        self._send({"type": "hello", "version": PROTOCOL_VERSION, "language": "python"})
        try:
            welcome, _ = self._link.receive()
        except LinkClosed:
            sys.exit("Error: the simulation has gone before the controller started.")
        if welcome["type"] != "welcome":
            sys.exit("Error: the simulation refused this controller: {}".format(welcome.get("message", welcome["type"])))
        self._welcome = welcome
        self._time = float(welcome["time"])
        self._custom_data = welcome["customData"]
        self._devices = {}
        self._device_list = []
        for description in welcome["devices"]:
            device = _CLASSES.get(description["type"], Device)(self, description)
            self._device_list.append(device)
            self._devices.setdefault(description["name"], device)
        self.keyboard = Keyboard()
        atexit.register(self._flush)

    # -- time

    def step(self, timeStep=None):
        """Let ``timeStep`` milliseconds of simulated time pass. Return 0, or -1 when the simulation ends."""
        if self.stepBegin(timeStep) < 0:
            return -1
        return self.stepEnd()

    def stepBegin(self, timeStep=None):
        """Ask for time without waiting for it; ``stepEnd`` waits."""
        if self._over:
            return -1
        if self._stepping:
            self._warn("stepBegin() called again before stepEnd().")
            return -1
        ms = int(self.getBasicTimeStep() if timeStep is None else timeStep)
        if ms < 0:
            self._warn("step() called with a negative time.")
            ms = 0
        self._send({"type": "step", "ms": ms, "commands": self._take_commands()})
        self._stepping = True
        return 0

    def stepEnd(self):
        if self._over:
            return -1
        self._stepping = False
        sys.stdout.flush()
        try:
            message, attachments = self._link.receive()
        except LinkClosed:
            return self._end()
        if message["type"] == "quit":
            return self._end()
        self._time = message["time"]
        self._values.update(message["values"])
        for announced, data in zip(message.get("attachments", ()), attachments):
            self._devices[announced["device"]]._image = data
        for name, packets in message.get("packets", {}).items():
            self._devices[name]._arrived(packets)
        if "customData" in message:
            self._custom_data = message["customData"]
        self._window_texts.extend(message.get("windowTexts", ()))
        if "warning" in message:
            self._warn(message["warning"])
        return 0

    def getTime(self):
        """Return the simulated time in seconds."""
        return self._time

    def getBasicTimeStep(self):
        """Return the world's basic time step in milliseconds."""
        return float(self._welcome["basicTimeStepMs"])

    # -- what the robot is

    @property
    def name(self):
        return self.getName()

    @property
    def model(self):
        return self.getModel()

    @property
    def time(self):
        return self.getTime()

    @property
    def basic_time_step(self):
        return self.getBasicTimeStep()

    @property
    def custom_data(self):
        return self.getCustomData()

    @custom_data.setter
    def custom_data(self, data):
        self.setCustomData(data)

    @property
    def devices(self):
        return dict(self._devices)

    def getName(self):
        return self._welcome["robot"]

    def getModel(self):
        return self._welcome["model"]

    def getCustomData(self):
        return self._custom_data

    def setCustomData(self, data):
        self._custom_data = str(data)
        self._commands.append({"set": "customData", "value": self._custom_data})

    # -- the robot's window

    def wwiSendText(self, text):
        """Send text to the robot's window; it leaves with the next step."""
        self._commands.append({"set": "windowText", "value": str(text)})

    def wwiReceiveText(self):
        """Return the oldest text that the robot's window has sent, None when there is no other."""
        return self._window_texts.pop(0) if self._window_texts else None

    def getMode(self):
        return self.MODE_SIMULATION

    def getSupervisor(self):
        return bool(self._welcome["supervisor"])

    def getSynchronization(self):
        return True

    def getProjectPath(self):
        return self._welcome["projectPath"]

    def getWorldPath(self):
        return self._welcome["worldPath"]

    # -- devices

    def getDevice(self, name):
        """Return the device of this name, or None with a warning."""
        device = self._devices.get(name)
        if device is None:
            known = ", ".join(self._devices) or "none"
            print('Warning: "{}" device not found. This robot has: {}.'.format(name, known), file=sys.stderr, flush=True)
        return device

    def getDeviceByIndex(self, index):
        return self._device_list[index] if 0 <= index < len(self._device_list) else None

    def getNumberOfDevices(self):
        return len(self._device_list)

    getAccelerometer = getBrake = getCamera = getCompass = getDistanceSensor = getEmitter = getGPS = getGyro = getDevice
    getInertialUnit = getLED = getPen = getLidar = getRangeFinder = getLightSensor = getMotor = getPositionSensor = getReceiver = getTouchSensor = getDevice

    def getKeyboard(self):
        return self.keyboard

    # -- inside

    def _device_or_none(self, name):
        return self._devices.get(name) if name else None

    def _take_commands(self):
        commands, self._commands = self._commands, []
        return commands

    def _send(self, message):
        try:
            self._link.send(message)
        except LinkClosed:
            self._over = True

    def _flush(self):
        """What was commanded after the last step still counts."""
        if self._commands and not self._over:
            self._send({"type": "commands", "commands": self._take_commands()})

    def _end(self):
        self._over = True
        return -1

    def _warn(self, text):
        print("Warning: {}".format(text), file=sys.stderr, flush=True)

    def _warn_once(self, text):
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)


class Supervisor(Robot):
    """A robot that may also change the world. Changing the world is not possible yet; the rest is."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError("Supervisor.{}() is not available in this version of Simyard.".format(name))
