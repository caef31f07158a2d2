"""One running world: clock, Enki, devices and controllers in lock-step. It advances only when told."""

from collections import deque

from .controller_session import ABSENT, AWAITING_HELLO, AWAITING_TIME, COMPUTING, LATE, ControllerSession
from .flat_world import FlatWorld

BUILT_IN = {"", "<none>", "void"}
TRANSLATION_DIGITS = 5
ROTATION_DIGITS = 5
#: A viewer is told of motion by this much since it was told last: metres, and radians.
LEAST_MOTION = 5e-5
LEAST_TURN = 1e-4
MAX_WINDOW_TEXTS = 1000


class Entry:
    """A robot with its controller, as its session sees the simulation."""

    def __init__(self, simulation, robot):
        self._simulation = simulation
        self.robot = robot
        self.synchronised = robot.node.flag("synchronization", True)
        self.custom_data = robot.node.text("customData")
        self.controller = 0
        self.session = None
        #: What the robot's window said and the controller has not got; the oldest go.
        self.window_texts = deque(maxlen=MAX_WINDOW_TEXTS)

    @property
    def controller_name(self):
        return self.robot.node.text("controller", "<generic>")

    # -- what a session asks of its host

    @property
    def time_ms(self):
        return self._simulation.time_ms

    @property
    def step_ms(self):
        return self._simulation.step_ms

    def send(self, data):
        self._simulation.host.send({"type": "controller-data", "controller": self.controller}, data)

    def welcome(self):
        return {
            "robot": self.robot.name,
            "model": self.robot.node.text("model"),
            "customData": self.custom_data,
            "basicTimeStepMs": _plain(self._simulation.step_ms),
            "time": self._simulation.time_ms / 1000,
            "supervisor": self.robot.node.flag("supervisor"),
            "projectPath": "/work",
            "worldPath": self._simulation.scene.url.replace("project:/", "/work/"),
            "devices": self.robot.descriptions(),
        }

    def warn(self, text):
        self._simulation.console(self.robot.name, "stderr", text)

    def changed(self):
        self._simulation.host.controllers_changed()

    @property
    def is_awaited(self):
        if self.session is None or not self.synchronised:
            return False
        return self.session.state == COMPUTING or (self.session.state == AWAITING_HELLO and not self.session.extern)


class Simulation:
    """``host`` has send(message, body) and controllers_changed()."""

    def __init__(self, scene, seed, host):
        self.scene = scene
        self.host = host
        self.time_ms = 0.0
        self.step_ms = scene.basic_time_step_ms
        self.fps = scene.world_info.number("FPS", 60.0)
        self._world = FlatWorld(scene, seed)
        self._entries = [Entry(self, robot) for robot in self._world.robots]
        self._by_controller = {}
        self._next_controller = 1
        self._told = {}
        #: Newest value of what is visible beside poses, by node; for full frames.
        self._visible = {}

    def loaded(self, world):
        return {
            "type": "loaded",
            "world": world,
            "title": self.scene.world_info.text("title"),
            "info": self.scene.world_info.texts("info"),
            "basicTimeStepMs": _plain(self.step_ms),
            "fps": _plain(self.fps),
            "robots": [
                {
                    "name": entry.robot.name,
                    "controller": entry.controller_name,
                    "window": entry.robot.node.text("window", "<generic>"),
                    "model": entry.robot.node.text("model", ""),
                    "nodeId": entry.robot.node.id,
                }
                for entry in self._entries
            ],
            "diagnostics": self.scene.diagnostics,
        }

    def console(self, robot, stream, line):
        self.host.send({"type": "console", "stream": stream, "robot": robot, "line": line})

    def _diagnose(self, robot, code, message):
        self.host.send({"type": "diagnostic", "diagnostic": {"severity": "error", "code": code, "message": message}})
        self.console(robot, "stderr", "{} [{}]".format(message, code))

    # -- controllers

    def start_controllers(self):
        for entry in self._entries:
            self._start_controller(entry)

    def _start_controller(self, entry):
        name = entry.controller_name
        if name in BUILT_IN:
            return
        entry.controller = self._next_controller
        self._next_controller += 1
        self._by_controller[entry.controller] = entry
        extern = name == "<extern>"
        entry.session = ControllerSession(entry, extern)
        self.host.send(
            {
                "type": "start-controller",
                "controller": entry.controller,
                "robot": entry.robot.name,
                "name": name,
                "args": entry.robot.node.texts("controllerArgs"),
                "extern": extern,
            }
        )

    def receive_from_controller(self, controller, data):
        entry = self._by_controller.get(controller)
        if entry is not None and entry.session is not None:
            entry.session.receive(data)

    def receive_window_text(self, robot, text):
        for entry in self._entries:
            if entry.robot.name == robot and entry.session is not None:
                entry.window_texts.append(text)
                return

    def controller_ended(self, controller, report):
        entry = self._by_controller.pop(controller, None)
        if entry is None:
            return
        entry.session = None
        if report:
            self._diagnose(entry.robot.name, report["code"], report["message"])
        else:
            self.console(entry.robot.name, "stdout", "INFO: the controller has ended.")
        # An extern controller that left may come back.
        if entry.controller_name == "<extern>":
            self._start_controller(entry)
        self.host.controllers_changed()

    @property
    def awaits(self):
        """Whether the next step has to wait for a controller."""
        return any(entry.is_awaited for entry in self._entries)

    @property
    def awaits_start(self):
        """Whether some awaited controller has not even connected; starting takes longer than a step."""
        return any(entry.is_awaited and entry.session.state == AWAITING_HELLO for entry in self._entries)

    def go_on_without(self, waited_seconds):
        """Each that is awaited is told of once, until it asks for time again."""
        for entry in self._entries:
            if not entry.is_awaited:
                continue
            starting = entry.session.state == AWAITING_HELLO
            entry.session.state = LATE
            if starting:
                what = "did not connect within {:g} s; the world goes on without it."
            else:
                what = (
                    "has not called step() for {:g} s; the world goes on without it. "
                    "Look for an endless loop without robot.step()."
                )
            message = 'The controller of robot "{}" '.format(entry.robot.name) + what.format(waited_seconds)
            self._diagnose(entry.robot.name, "CONTROLLER_NOT_STEPPING", message)

    # -- time

    def step(self):
        """Advance by one basic step. The caller has seen that nobody is awaited."""
        self.answer_due()
        for entry in self._entries:
            self._apply_commands(entry)
        self._world.step(self.step_ms)
        self.time_ms += self.step_ms
        self.answer_due()

    def _apply_commands(self, entry):
        for command in entry.session.take_commands() if entry.session else ():
            if command["set"] == "customData":
                entry.custom_data = command["value"]
                continue
            if command["set"] == "windowText":
                self.host.send({"type": "robot-message", "robot": entry.robot.name, "message": command["value"]})
                continue
            warning = entry.robot.apply(command, self.time_ms)
            if warning:
                self.console(entry.robot.name, "stderr", "Warning: {}".format(warning))

    def answer_due(self):
        for entry in self._entries:
            session = entry.session
            if session is None or session.state != AWAITING_TIME or session.due_ms > self.time_ms:
                continue
            self._apply_commands(entry)
            answer = {"type": "stepped", "time": self.time_ms / 1000, "values": entry.robot.read(self.time_ms)}
            if entry.window_texts:
                answer["windowTexts"] = list(entry.window_texts)
                entry.window_texts.clear()
            session.answer(answer)

    def reset(self):
        """Back to the state after loading; controllers start anew."""
        for entry in self._entries:
            self._stop(entry, "reset")
            entry.custom_data = entry.robot.node.text("customData")
            entry.window_texts.clear()
        self._world.reset()
        self.time_ms = 0.0
        self.start_controllers()

    def _stop(self, entry, reason):
        if entry.session is not None:
            if reason is not None:
                entry.session.quit(reason)
            entry.session.state = ABSENT
            entry.session = None
        if entry.controller > 0:
            self._by_controller.pop(entry.controller, None)
            self.host.send({"type": "stop-controller", "controller": entry.controller})
            entry.controller = 0

    def close(self, reason=None):
        """Stop the controllers; ``reason`` is told to those that are connected."""
        for entry in self._entries:
            self._stop(entry, reason)

    # -- viewers

    def frame(self, full):
        """What changed since the last frame; everything that can change when ``full``."""
        updates = self._moved(full)
        for entry in self._entries:
            for update in entry.robot.updates():
                self._visible[update["id"]] = update
                if not full:
                    updates.append(update)
        if full:
            updates.extend(self._visible.values())
        return {"timeMs": _plain(self.time_ms), "updates": updates}

    def _moved(self, full):
        updates = []
        for node, translation, axis, angle in self._world.moving():
            before = self._told.get(node.id)
            if before is None:
                moved = turned = True
            else:
                moved = sum((a - b) ** 2 for a, b in zip(translation, before[0])) >= LEAST_MOTION**2
                turned = abs(angle - before[1]) >= LEAST_TURN
            told = (translation if moved else before[0], angle if turned else before[1])
            self._told[node.id] = told
            update = {"id": node.id}
            if full or moved:
                update["translation"] = " ".join(_written(part, TRANSLATION_DIGITS) for part in told[0])
            if full or turned:
                update["rotation"] = _written_rotation(axis, told[1])
            if len(update) > 1:
                updates.append(update)
        return updates


def _written_rotation(axis, angle):
    """No rotation is always written with the same axis; angles are positive."""
    if abs(angle) < 10**-ROTATION_DIGITS:
        return "0 0 1 0"
    sign = 1 if angle > 0 else -1
    return " ".join(_written(part, ROTATION_DIGITS) for part in (*(sign * part for part in axis), abs(angle)))


def _written(value, digits):
    rounded = round(value, digits)
    return "{:.{}f}".format(rounded, digits).rstrip("0").rstrip(".") if rounded != 0 else "0"


def _plain(value):
    return int(value) if float(value).is_integer() else value
