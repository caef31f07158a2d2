"""Drives a simulation by the wall clock: pause, step, real time, as fast as it goes. Times are seconds."""

import math

CONTROLLER_START_S = 10.0
CONTROLLER_STEP_S = 1.0
#: A simulation that is further behind does not try to catch up: it says that it is slow.
MAX_BACKLOG_MS = 200.0
#: Fast mode gives way to messages this often.
BATCH_S = 0.012
SPEED_INTERVAL_S = 1.0


class Runner:
    """``clock()`` is wall-clock time; ``send(message)`` tells the server. ``due`` is when to call ``run`` again, or None."""

    def __init__(self, simulation, clock, send):
        self._simulation = simulation
        self._clock = clock
        self._send = send
        self.mode = "pause"
        self.due = None
        self._step_requested = False
        self._until_ms = math.inf
        self._waiting_since = None
        self._last_frame = -math.inf
        self._start_measuring()

    def set_mode(self, mode, until_ms):
        self._until_ms = math.inf if until_ms is None else until_ms
        if mode == "step":
            self.mode = "pause"
            self._step_requested = True
        else:
            before = self.mode
            self.mode = mode
            self._step_requested = False
            if mode != before or mode == "pause":
                self._start_measuring()
            self._tell_mode("request")
        self._waiting_since = None
        self.run()

    def controllers_changed(self):
        """A controller spoke or left."""
        if self.mode == "pause" and not self._step_requested:
            self._simulation.answer_due()
        else:
            self.due = self._clock()

    def reset(self):
        self._simulation.reset()
        self._until_ms = math.inf
        self._waiting_since = None
        self._start_measuring()
        self.send_frame(True)
        self.due = self._clock()

    def send_frame(self, full):
        self._last_frame = self._clock()
        self._send({"type": "frame", "frame": self._simulation.frame(full), "full": full})

    def run(self):
        self.due = None
        simulation = self._simulation
        batch_end = self._clock() + BATCH_S
        while self.mode != "pause" or self._step_requested:
            if self._waits():
                return
            if self.mode == "real-time" and not self._step_requested:
                ahead = self._ahead_ms()
                if ahead > 0:
                    self._tell_speed()
                    self.due = self._clock() + ahead / 1000
                    return
            simulation.step()
            self._after_step()
            if self._clock() >= batch_end:
                self.due = self._clock()
                return

    def _start_measuring(self):
        wall, simulated = self._clock(), self._simulation.time_ms
        self._anchor = (wall, simulated)
        self._measured = [wall, simulated, 0.0]

    def _ahead_ms(self):
        """Simulated time that is ahead of the wall clock."""
        wall, simulated = self._anchor
        target = simulated + (self._clock() - wall) * 1000
        ahead = self._simulation.time_ms + self._simulation.step_ms - target
        if ahead < -MAX_BACKLOG_MS:
            self._anchor = (self._clock(), self._simulation.time_ms)
        return ahead

    def _waits(self):
        """Whether a controller has to speak first."""
        now = self._clock()
        if not self._simulation.awaits:
            if self._waiting_since is not None:
                self._measured[2] += now - self._waiting_since
            self._waiting_since = None
            return False
        limit = CONTROLLER_START_S if self._simulation.awaits_start else CONTROLLER_STEP_S
        if self._waiting_since is None:
            self._waiting_since = now
        if self._waiting_since + limit > now:
            self.due = self._waiting_since + limit
            return True
        self._simulation.go_on_without(limit)
        # What the clock did meanwhile is not to be caught up.
        self._start_measuring()
        self._waiting_since = None
        return False

    def _after_step(self):
        simulation = self._simulation
        single, self._step_requested = self._step_requested, False
        frame_due = self._clock() - self._last_frame >= 1 / simulation.fps
        limit_reached = not single and simulation.time_ms >= self._until_ms
        if single or frame_due or limit_reached:
            self.send_frame(False)
        if single:
            self._tell_mode("request")
        elif limit_reached:
            self.mode = "pause"
            self._until_ms = math.inf
            self._tell_mode("limit")
        else:
            self._tell_speed()

    def _tell_mode(self, by):
        time_ms = self._simulation.time_ms
        self._send({"type": "mode", "mode": self.mode, "timeMs": int(time_ms) if time_ms.is_integer() else time_ms, "by": by})

    def _tell_speed(self):
        now = self._clock()
        wall, simulated, waiting = self._measured
        if now - wall < SPEED_INTERVAL_S:
            return
        factor = (self._simulation.time_ms - simulated) / 1000 / (now - wall)
        message = {"type": "speed", "realTimeFactor": factor}
        if self.mode == "real-time" and factor < 0.95:
            message["reason"] = (
                "The simulation waits for a controller most of the time: its loop takes long."
                if waiting > (now - wall) / 3
                else "This machine cannot compute the world any faster."
            )
        self._send(message)
        self._measured = [now, self._simulation.time_ms, 0.0]
