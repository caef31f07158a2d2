"""Pens draw on what is below them."""

from .device import Device


class Pen(Device):
    def write(self, write):
        """Begin or stop drawing, from the next step on."""
        self._command("pen", value=bool(write))

    def setInkColor(self, color, density):
        """Set the colour, 0xRRGGBB, and how much of what is below it covers, 0 to 1."""
        self._command("ink", value=int(color), density=min(1.0, max(0.0, float(density))))
