"""The simulator behind simulator-v1: frames in, frames out. It outlives a world that does not load."""

import json
import re
import select
import time
from collections import deque

from .errors import SceneError, Superseded
from .framing import FrameDecoder, encode_frame
from .runner import Runner
from .scene import load_scene
from .simulation import Simulation
from .x3d import export_x3d

PROTOCOL_VERSION = 1
DEFAULT_SEED = 1
_MODES = ("pause", "step", "real-time", "fast")


class Session:
    def __init__(self, channel):
        self._channel = channel
        self._decoder = FrameDecoder()
        self._incoming = deque()
        self._scene = None
        self._simulation = None
        self._runner = None
        self._next_request = 1
        self._open = True

    # -- the loop

    def serve(self):
        self.send({"type": "hello", "version": PROTOCOL_VERSION})
        while self._open:
            while self._incoming and self._open:
                self._handle(*self._incoming.popleft())
            if not self._open or not self._wait():
                break
            if self._runner is not None and self._runner.due is not None and self._runner.due <= time.monotonic():
                self._run()

    def _wait(self):
        """Read what has come, or let time pass until the runner is due. Return whether the server is still there."""
        timeout = None
        if self._runner is not None and self._runner.due is not None:
            timeout = max(0.0, self._runner.due - time.monotonic())
        readable, _, _ = select.select([self._channel], [], [], timeout)
        return self._receive() if readable else True

    def _receive(self):
        chunk = self._channel.recv(262144)
        self._incoming.extend(self._decoder.push(chunk))
        return bool(chunk)

    def send(self, message, body=b""):
        self._channel.sendall(encode_frame(message, body))

    def controllers_changed(self):
        if self._runner is not None:
            self._runner.controllers_changed()

    # -- messages

    def _handle(self, message, body):
        kind = message.get("type") if isinstance(message, dict) else None
        try:
            handler = _HANDLERS[kind]
            arguments = handler[1](message)
        except (KeyError, TypeError, ValueError):
            shown = json.dumps(message)[:200]
            line = "the simulator does not know this message: {}".format(shown)
            self.send({"type": "console", "stream": "stderr", "line": line})
            return
        self._guard(lambda: handler[0](self, body, *arguments))

    def _load(self, _body, world, seed):
        self._unload()
        try:
            scene = load_scene("project:/{}".format(world), self._read, self._progress)
            simulation = Simulation(scene, seed, self)
        except Superseded:
            return
        except SceneError as error:
            return self._load_failed(error)
        except (RecursionError, MemoryError):
            return self._load_failed(SceneError("SCENE_TOO_LARGE", "The world is too deep or too large for Enki's simulator."))
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:
            message = "This world has a value that Enki's simulator cannot use ({}: {}).".format(type(error).__name__, error)
            return self._load_failed(SceneError("SCENE_WRONG_TYPE", message))
        self._scene = scene
        self._simulation = simulation
        self._runner = Runner(simulation, time.monotonic, self.send)
        self.send(simulation.loaded(world))
        self._runner.send_frame(True)
        self._runner.set_mode("pause", None)
        simulation.start_controllers()

    def _load_failed(self, error):
        self.send({"type": "load-failed", "error": error.report(), "diagnostics": []})

    def _progress(self, phase, percent):
        self.send({"type": "loading", "phase": phase, "percent": percent})

    def _read(self, url):
        """Ask the server for a file and wait for it; what comes meanwhile is handled later, in its order."""
        match = re.match(r"(project|asset):/+(.*)$", url)
        request = self._next_request
        self._next_request += 1
        self.send({"type": "read-file", "request": request, "scope": match.group(1), "path": match.group(2)})
        looked_at = 0
        while True:
            while looked_at < len(self._incoming):
                message, body = self._incoming[looked_at]
                kind = message.get("type") if isinstance(message, dict) else None
                if kind in ("load", "close"):
                    raise Superseded()
                if kind == "file" and message.get("request") == request:
                    del self._incoming[looked_at]
                    if message.get("found"):
                        return body
                    text = "There is no file {}. {}".format(match.group(2), message.get("error", "")).strip()
                    raise SceneError("SCENE_FILE_MISSING", text)
                looked_at += 1
            if not self._receive():
                self._open = False
                raise Superseded()

    def _mode(self, _body, mode, until_ms):
        if self._runner is not None:
            self._runner.set_mode(mode, until_ms)

    def _run(self):
        self._guard(self._runner.run)

    def _guard(self, action):
        """A world that cannot go on is paused, and says so."""
        try:
            action()
        except ArithmeticError as error:
            if self._runner is None:
                raise
            self._runner.due = None
            self._runner.mode = "pause"
            message = "The motion became infinite ({}). Use a smaller basic time step and reset.".format(error)
            self.send({"type": "mode", "mode": "pause", "timeMs": self._simulation.time_ms, "by": "simulation"})
            report = {"severity": "error", "code": "PHYSICS_DIVERGED", "message": message}
            self.send({"type": "diagnostic", "diagnostic": report})

    def _reset(self, _body):
        if self._runner is None:
            return
        self._runner.reset()
        self.send({"type": "reset-finished"})

    def _export(self, _body, request, dialect):
        if self._scene is not None:
            self.send({"type": "scene", "request": request}, export_x3d(self._scene, dialect).encode())

    def _controller_data(self, body, controller):
        if self._simulation is not None:
            self._simulation.receive_from_controller(controller, body)

    def _controller_ended(self, _body, controller, report):
        if self._simulation is not None:
            self._simulation.controller_ended(controller, report)

    def _robot_message(self, _body, robot, message):
        if self._simulation is not None:
            self._simulation.receive_window_text(robot, message)

    def _ignore(self, _body):
        """Known, and nothing to do here."""

    def _close(self, _body):
        self._unload("close")
        self._open = False

    def _unload(self, reason=None):
        if self._simulation is not None:
            self._simulation.close(reason)
        self._scene = self._simulation = self._runner = None


def _integer(value):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not an integer")
    return value


def _one_of(value, choices):
    if value not in choices:
        raise ValueError("not one of {}".format(choices))
    return value


def _text(value):
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _time(value):
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TypeError("not a time")
    return value


#: Message to its handler, and to what the handler gets of it; a wrong message raises.
_HANDLERS = {
    "load": (Session._load, lambda m: (_text(m["world"]), _integer(m.get("seed", DEFAULT_SEED)))),
    "mode": (Session._mode, lambda m: (_one_of(m["mode"], _MODES), _time(m.get("untilMs")))),
    "reset": (Session._reset, lambda m: ()),
    # An answer that nobody waits for any more.
    "file": (Session._ignore, lambda m: ()),
    "export-scene": (Session._export, lambda m: (_integer(m["request"]), _one_of(m["dialect"], ("x3d", "x3d-2019")))),
    "controller-started": (Session._ignore, lambda m: ()),
    "controller-data": (Session._controller_data, lambda m: (_integer(m["controller"]),)),
    "controller-ended": (Session._controller_ended, lambda m: (_integer(m["controller"]), m.get("report"))),
    "robot-message": (Session._robot_message, lambda m: (_text(m["robot"]), _text(m["message"]))),
    # Devices are not shown to viewers here, and not driven by them.
    "watch": (Session._ignore, lambda m: ()),
    "drive": (Session._ignore, lambda m: ()),
    "close": (Session._close, lambda m: ()),
}
