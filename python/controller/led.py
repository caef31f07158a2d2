"""Lights of the robot."""

from .device import Device


class LED(Device):
    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._value = 0

    def set(self, value):
        """Switch on (n: the n-th colour) or off (0); a gradual LED takes 0xRRGGBB."""
        self._value = int(value)
        self._command("led", value=self._value)

    def get(self):
        return self._value
