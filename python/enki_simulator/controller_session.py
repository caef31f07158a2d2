"""One controller's side of controller-v1: bytes in, state and commands out. Nothing it sends can raise."""

import json
import math

MAX_LINE_BYTES = 4 * 1024 * 1024
PROTOCOL_VERSION = 1

#: The states: it has none; started, not connected; it computes and the world waits; it waits for time; it owed too long.
ABSENT, AWAITING_HELLO, COMPUTING, AWAITING_TIME, LATE = range(5)


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _integer(value):
    return _number(value) and float(value).is_integer()


def _text(value):
    return isinstance(value, str)


def _natural(value):
    return _integer(value) and value >= 0


#: Command to its fields beside `set` and, mostly, `device`.
_COMMANDS = {
    "position": {"device": _text, "value": lambda value: _number(value) or value in ("inf", "-inf")},
    "velocity": {"device": _text, "value": _number},
    "force": {"device": _text, "value": _number},
    "availableForce": {"device": _text, "value": lambda value: _number(value) and value >= 0},
    "acceleration": {"device": _text, "value": _number},
    "controlPID": {"device": _text, "p": _number, "i": _number, "d": _number},
    "led": {"device": _text, "value": _integer},
    "enable": {"device": _text, "periodMs": _natural, "what": lambda value: value is None or _text(value)},
    "emit": {"device": _text, "base64": _text},
    "channel": {"device": _text, "value": _integer},
    "range": {"device": _text, "value": _number},
    "nextPacket": {"device": _text, "count": lambda value: _natural(value) and value > 0},
    "fov": {"device": _text, "value": _number},
    "customData": {"value": _text},
    "pen": {"device": _text, "value": lambda value: isinstance(value, bool)},
    "ink": {"device": _text, "value": _integer, "density": _number},
    "windowText": {"value": _text},
}


class ControllerSession:
    """``host`` has send(bytes), welcome(), time_ms, step_ms, warn(text) and changed()."""

    def __init__(self, host, extern):
        self._host = host
        self.extern = extern
        self.state = AWAITING_HELLO
        self.due_ms = 0
        self._buffer = bytearray()
        self._pending = []
        self._refused = False

    def receive(self, data):
        if self._refused:
            return
        self._buffer += data
        while not self._refused:
            end = self._buffer.find(b"\n")
            if end < 0:
                break
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._line(line)
        if len(self._buffer) > MAX_LINE_BYTES and not self._refused:
            self._refuse("a message is too long (a line of over {} bytes)".format(MAX_LINE_BYTES))

    def _line(self, line):
        shown = line[:120].decode(errors="replace")
        try:
            message = json.loads(line)
        except ValueError:
            return self._refuse("a message is not JSON: {}".format(shown))
        problem = _problem(message)
        if problem:
            return self._refuse("a message is wrong at {}: {}".format(problem, shown))
        kind = message["type"]
        if kind == "hello":
            if self.state != AWAITING_HELLO:
                return self._refuse("it said hello twice")
            welcome = {"type": "welcome", "version": PROTOCOL_VERSION, "mode": "simulation"}
            self._send(dict(welcome, **self._host.welcome()))
            self.state = COMPUTING
        elif kind == "commands":
            self._pending.extend(message["commands"])
        else:
            if self.state not in (COMPUTING, LATE):
                return self._refuse("it asked for time before its last step was answered")
            self._pending.extend(message["commands"])
            step_ms = self._host.step_ms
            self.state = AWAITING_TIME
            self.due_ms = self._host.time_ms + math.ceil(message["ms"] / step_ms) * step_ms
        self._host.changed()

    def take_commands(self):
        commands, self._pending = self._pending, []
        return commands

    def answer(self, message):
        self.state = COMPUTING
        self._send(message)

    def quit(self, reason):
        if self.state not in (ABSENT, AWAITING_HELLO):
            self._send({"type": "quit", "reason": reason})
        self.state = ABSENT

    def _refuse(self, why):
        self._refused = True
        self._send({"type": "quit", "reason": "refused", "message": why})
        self.state = ABSENT
        self._host.warn("Its controller was disconnected: {}. [CONTROLLER_BAD_MESSAGE]".format(why))
        self._host.changed()

    def _send(self, message):
        try:
            text = json.dumps(message, separators=(",", ":"), allow_nan=False)
        except ValueError:
            raise FloatingPointError("a sensor's value is not a number")
        self._host.send(text.encode() + b"\n")


def _problem(message):
    """Where a message is not of controller-v1, or None."""
    if not isinstance(message, dict):
        return "its type"
    kind = message.get("type")
    fields = {"hello": {"version", "language"}, "step": {"ms", "commands"}, "commands": {"commands"}}.get(kind)
    if fields is None:
        return "its type"
    if set(message) != fields | {"type"}:
        return "its fields"
    if kind == "hello":
        return None if message["version"] == PROTOCOL_VERSION and _text(message["language"]) else "version"
    if kind == "step" and not _natural(message["ms"]):
        return "ms"
    if not isinstance(message["commands"], list):
        return "commands"
    for index, command in enumerate(message["commands"]):
        shape = _COMMANDS.get(command.get("set")) if isinstance(command, dict) else None
        if shape is None:
            return "commands.{}".format(index)
        optional = {"what"}
        if not set(command) <= set(shape) | {"set"} or not set(shape) - optional <= set(command):
            return "commands.{}".format(index)
        for name, check in shape.items():
            if not check(command.get(name)):
                return "commands.{}.{}".format(index, name)
    return None
