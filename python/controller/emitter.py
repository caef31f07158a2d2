"""Messages between robots."""

import base64

from .device import Device, Sensor


class Emitter(Device):
    CHANNEL_BROADCAST = -1

    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._channel = int(self._constant("channel", 0))
        self._range = self._constant("range", -1.0)

    def send(self, message):
        """Send text or bytes to the receivers on the same channel. Returns 1; the packet leaves with the next step."""
        data = message.encode("utf-8") if isinstance(message, str) else bytes(message)
        self._command("emit", base64=base64.b64encode(data).decode())
        return 1

    def getChannel(self):
        return self._channel

    def setChannel(self, channel):
        self._channel = int(channel)
        self._command("channel", value=self._channel)

    def getRange(self):
        return self._range

    def setRange(self, range):
        self._range = float(range)
        self._command("range", value=self._range)

    def getBufferSize(self):
        return int(self._constant("bufferSize", -1))


class Receiver(Sensor):
    CHANNEL_BROADCAST = -1

    def __init__(self, robot, description):
        super().__init__(robot, description)
        self._channel = int(self._constant("channel", 0))
        self._queue = []

    def _arrived(self, packets):
        self._queue.extend(packets)

    def getQueueLength(self):
        return len(self._queue)

    def nextPacket(self):
        """Drop the oldest packet."""
        if self._queue:
            self._queue.pop(0)

    def _head(self, method):
        if not self._queue:
            self._robot._warn("Receiver.{}() called while the receiver queue is empty.".format(method))
            return None
        return self._queue[0]

    def getBytes(self):
        """Return the oldest packet as bytes."""
        head = self._head("getBytes")
        return b"" if head is None else base64.b64decode(head["base64"])

    def getData(self):
        return self.getBytes()

    def getString(self):
        """Return the oldest packet as text."""
        return self.getBytes().decode("utf-8", errors="replace").rstrip("\0")

    def getDataSize(self):
        return len(self.getBytes())

    def getSignalStrength(self):
        """Return 1/r², r the distance to the emitter in metres."""
        head = self._head("getSignalStrength")
        return 0.0 if head is None else head["strength"]

    def getEmitterDirection(self):
        """Return the unit vector to the emitter in the receiver's frame."""
        head = self._head("getEmitterDirection")
        return [0.0, 0.0, 0.0] if head is None else list(head["direction"])

    def getChannel(self):
        return self._channel

    def setChannel(self, channel):
        self._channel = int(channel)
        self._command("channel", value=self._channel)
