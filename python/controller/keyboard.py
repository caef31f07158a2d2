"""The keyboard of the page."""


class Keyboard:
    """Keys pressed in the page. The page does not send keys yet, so that no key is ever down."""

    END, HOME, LEFT, UP, RIGHT, DOWN = 312, 313, 314, 315, 316, 317
    PAGEUP, PAGEDOWN = 366, 367
    SHIFT, CONTROL, ALT = 0x10000, 0x20000, 0x40000

    def __init__(self):
        self._period = 0

    def enable(self, samplingPeriod):
        self._period = int(samplingPeriod)

    def disable(self):
        self._period = 0

    def getSamplingPeriod(self):
        return self._period

    def getKey(self):
        """Return the code of a key that is down, -1 when there is none."""
        return -1
