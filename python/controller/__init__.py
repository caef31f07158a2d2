"""The controller API of Webots, spoken by Simyard's simulator: ``from controller import Robot``.

Plain CPython 3.8 or newer, standard library only. Names, units and return values are those of Webots' reference, so
that existing controllers run unchanged. Positions are in metres or radians, times in milliseconds unless a method says
seconds.
"""

from .device import Device
from .emitter import Emitter, Receiver
from .camera import Camera
from .keyboard import Keyboard
from .led import LED
from .lidar import Lidar, LidarPoint, RangeFinder
from .motor import Brake, Motor, PositionSensor
from .pen import Pen
from .robot import Robot, Supervisor
from .sensor import (
    GPS,
    Accelerometer,
    Compass,
    DistanceSensor,
    Gyro,
    InertialUnit,
    LightSensor,
    TouchSensor,
)

__all__ = [
    "Accelerometer",
    "Brake",
    "Camera",
    "Compass",
    "Device",
    "DistanceSensor",
    "Emitter",
    "GPS",
    "Gyro",
    "InertialUnit",
    "Keyboard",
    "LED",
    "Lidar",
    "LidarPoint",
    "LightSensor",
    "Motor",
    "Pen",
    "PositionSensor",
    "RangeFinder",
    "Receiver",
    "Robot",
    "Supervisor",
    "TouchSensor",
]
