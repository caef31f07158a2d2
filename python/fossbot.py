"""Drive a FOSSBot in a room of Simyard, or of FOSSBot's own relay.

One file; it needs only python-socketio (Debian: apt install python3-socketio python3-requests python3-websocket):

    from fossbot import FossBot

    with FossBot("K7Q-M2P", server_address="http://localhost:8000") as robot:
        robot.move_distance(5)
        if robot.distance() < 10:
            robot.rotate(90)

Constructor arguments, method names, units and components are those of FOSSBot's library, so that its programs run. New
are better names, time-outs, errors that name their cause, and a connection that comes back to its place when it is lost.
Distances are in units of the scene, angles in degrees, times in seconds.
"""

import atexit
import base64
import collections
import threading
import time
import weakref

import socketio

__all__ = ["FossBot", "FossBotError", "AnswerTimeout", "GodotEnvironment", "MoveTimeout"]

DEFAULT_ADDRESS = "http://localhost:8000"
DEFAULT_NAMESPACE = "/godot"
# Characters of a piece of an image, and commands that are kept until the relay is known to have them.
PIECE = 20000
KEPT_COMMANDS = 2048
# Of Engine.IO.
CLOSE_PACKET = "1"
# A path is asked for this often.
WATCH_S = 0.02
# A simulator takes new things into its scene between two pictures.
SCENE_PAUSE_S = 0.1
FINAL_CODES = {
    "ROOM_NOT_FOUND",
    "ROOM_KEY_WRONG",
    "ROOM_TOKEN_WRONG",
    "ROOM_FULL",
    "ROOM_LOCKED",
    "ROOM_REMOVED",
    "ROOM_ENDED",
    "ROOM_PLACE_LOST",
}


class FossBotError(ConnectionError):
    """Something the relay or the simulator refuses. `code` is stable, the text says what to do."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class AnswerTimeout(FossBotError, TimeoutError):
    """The simulator did not answer in time."""


class MoveTimeout(AnswerTimeout):
    """A movement was not done in time; the robot was stopped."""


def _error_of(payload):
    text = payload.get("data") if isinstance(payload, dict) else payload
    code = payload.get("code") if isinstance(payload, dict) else None
    text = str(text)
    if code is None:
        if text.endswith(" is already controlled by another user!"):
            code = "ROBOT_TAKEN"
        elif text.startswith("Requested ") and text.endswith(" does not exist in scene."):
            code = "ROBOT_NOT_FOUND"
        else:
            code = "SIMULATOR_REFUSED"
    return FossBotError(code, text)


def _is_number(data):
    return isinstance(data, (int, float)) and not isinstance(data, bool)


def _start_daemon(target, *args, **kwargs):
    """Threads of older releases of the library keep a program alive that has reached its end."""
    thread = threading.Thread(target=target, args=args, kwargs=kwargs, daemon=True)
    thread.start()
    return thread


def _noticing_loss(send_request):
    """Polling writes over one connection and reads over another. When what was written is lost, the library goes on
    reading for up to 45 s; when it is refused, it stops and never comes back. Here the rest is hung up as well, so that
    reading ends, and that is what makes the library connect again."""

    def send(method, url, **options):
        response = send_request(method, url, **options)
        status = getattr(response, "status_code", None)
        if method != "POST" or (status is not None and 200 <= status < 300):
            return response
        if status is None:
            send_request(method, url, **{**options, "body": CLOSE_PACKET})
        return f"What was sent did not arrive: {response if status is None else status}"

    return send


class _Room:
    """One program's place in a room. One question at a time: answers do not say to which they belong."""

    def __init__(self, session_id, server_address, namespace, identity, timeout, credentials, transports):
        self._session_id = session_id
        self._address = server_address.rstrip("/")
        self._namespace = namespace
        self._identity = identity
        self._credentials = credentials
        self.timeout = timeout
        self._asking = threading.Lock()
        # Guards everything below; told when an answer, an error or the end comes.
        self._changed = threading.Condition(threading.RLock())
        self._state = "joining"
        self._place = None
        self._last_number = 0
        self._seen = collections.deque(maxlen=256)
        self._sent = collections.deque(maxlen=KEPT_COMMANDS)
        self._next = 1
        self._accepts = None
        self._answers = []
        self._error = None
        self._end = None
        self._unsettled = False
        # At Ctrl-C the library would hang up before the robot is stopped.
        self._sio = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=2, handle_sigint=False)
        self._sio.eio.start_background_task = _start_daemon
        # Python in a page has a connection of another kind.
        if hasattr(self._sio.eio, "_send_request"):
            self._sio.eio._send_request = _noticing_loss(self._sio.eio._send_request)
        atexit.register(self._leave_at_exit, weakref.ref(self))
        on = self._sio.on
        on("connect", self._on_connect, namespace=namespace)
        on("disconnect", self._on_disconnect, namespace=namespace)
        on("roomPlace", self._on_place, namespace=namespace)
        on("godotMessage", self._on_message, namespace=namespace)
        on("godotError", self._on_error, namespace=namespace)
        on("clientMessage", self._on_echo, namespace=namespace)
        options = {} if transports is None else {"transports": transports}
        try:
            self._sio.connect(self._address + namespace, namespaces=[namespace], wait_timeout=timeout, **options)
        except socketio.exceptions.ConnectionError as error:
            self._sio.disconnect()
            raise FossBotError(
                "RELAY_UNREACHABLE", f"There is no relay at {self._address}: {error}. Is it started?"
            ) from error
        with self._changed:
            there = self._changed.wait_for(lambda: self._state != "joining", timeout)
        if not there:
            self.close()
            raise AnswerTimeout(
                "ANSWER_TIMEOUT",
                f"{self._address} did not let the program into room {session_id} within {timeout} s. "
                "Does somebody have to admit you?",
            )
        if self._end:
            self._hang_up()
            raise self._end

    # ---- what programs do ----

    def post(self, command):
        with self._changed:
            if self._end:
                raise self._end
            number = self._next
            self._next += 1
            self._sent.append((number, command))
            if self._state == "here":
                self._emit(command, number)

    def ask(self, command, accepts=None, timeout=None):
        with self._asking:
            if self._unsettled and "fossbot_name" in command:
                self._settle(command["fossbot_name"])
            return self._ask_now(command, accepts, self.timeout if timeout is None else timeout)

    def _ask_now(self, command, accepts, timeout):
        with self._changed:
            error, self._error = self._error, None
            if error:
                raise error
            self._answers = []
            self._accepts = accepts or (lambda data: True)
            self.post(command)
            try:
                if not self._changed.wait_for(lambda: self._answers or self._error or self._end, timeout):
                    self._unsettled = True
                    raise AnswerTimeout(
                        "ANSWER_TIMEOUT",
                        f"The simulator did not answer {command['func']} within {timeout} s. "
                        "Is its tab open and visible? Else allow more with timeout.",
                    )
                if self._answers:
                    return self._answers[0]
                self._unsettled = True
                error, self._error = self._error, None
                raise error or self._end
            except BaseException:
                # Ctrl-C too.
                self._unsettled = True
                raise
            finally:
                self._accepts = None

    def _settle(self, robot):
        """The answer to a question that was given up may still come. A truth value and then a number end it."""
        seen = {"truth": False}

        def accepts(data):
            last = seen["truth"] and _is_number(data)
            seen["truth"] = isinstance(data, bool)
            return last

        self._unsettled = False
        try:
            self.post({"func": "get_noise_detection", "fossbot_name": robot})
            self._ask_now({"func": "get_elapsed", "fossbot_name": robot}, accepts, min(2, self.timeout))
        except AnswerTimeout:
            # The simulator does not know these two; then nothing is late either.
            self._unsettled = False

    @property
    def connected(self):
        return self._state in ("here", "lost")

    @property
    def keeps_order(self):
        return self._place is not None

    def close(self):
        with self._changed:
            here = self._state == "here"
            self._finish(FossBotError("CONNECTION_CLOSED", "This program has left the room. Connect again."))
        if here and self._place:
            try:
                # Its answer says that everything before it has arrived, and that the place is not kept.
                self._sio.call("leave_room", namespace=self._namespace, timeout=2)
            except socketio.exceptions.SocketIOError:
                pass
        self._hang_up()

    @staticmethod
    def _leave_at_exit(reference):
        room = reference()
        if room is not None and room._end is None:
            room.close()

    def _hang_up(self):
        # The library closes without having written everything.
        deadline = time.monotonic() + 1
        while self._sio.connected and self._sio.eio.queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)
        self._sio.disconnect()

    # ---- what the connection does ----

    def _emit(self, command, number):
        data = (command, number) if self._place else command
        try:
            self._sio.emit("clientMessage", data, namespace=self._namespace)
        except socketio.exceptions.SocketIOError:
            # The connection was lost a moment ago: it is sent again when it is back.
            pass

    def _on_connect(self):
        me = self._sio.get_sid(self._namespace)
        param = {"session_id": self._session_id, "user_id": me, **self._identity, **self._credentials}
        param["keep_place"] = True
        if self._place:
            param.update(self._place, last_number=self._last_number)
        self._sio.emit("pythonConnect", param, namespace=self._namespace)

    def _on_place(self, place):
        with self._changed:
            self._place = {"user_id": place["user_id"], "return_key": place["return_key"]}
            self._enter(place["received"])

    def _on_echo(self, message, *_):
        # The original relay sends to everybody what anybody says, and that is how one learns that one is in.
        me = self._sio.get_sid(self._namespace)
        with self._changed:
            if self._state != "here" and isinstance(message, dict) and message.get("user_id") == me:
                self._enter(self._next - 1 if self._state == "lost" else 0)

    def _enter(self, received):
        if self._state == "closed":
            return
        missing = [entry for entry in self._sent if entry[0] > received]
        if len(missing) < self._next - 1 - received:
            self._finish(FossBotError("ROOM_PLACE_LOST", "Too much was said while the connection was lost."))
            return
        self._state = "here"
        for number, command in missing:
            self._emit(command, number)
        self._changed.notify_all()

    def _on_disconnect(self, *_):
        with self._changed:
            if self._state == "here":
                self._state = "lost"
                if not self._place and self._accepts:
                    self._error = FossBotError("ROOM_PLACE_LOST", "The connection was lost before the answer came.")
                    self._changed.notify_all()

    def _on_message(self, message, number=None):
        with self._changed:
            if self._is_old(number):
                return
            data = message.get("data")
            if self._accepts and not self._answers and self._accepts(data):
                self._answers.append(data)
                self._changed.notify_all()

    def _on_error(self, payload, number=None):
        with self._changed:
            if self._is_old(number):
                return
            error = _error_of(payload)
            if self._state == "joining" or error.code in FINAL_CODES:
                self._finish(error)
            else:
                self._error = error
                self._changed.notify_all()
        if self._state == "closed":
            # Not in the thread that reads: it would wait for itself.
            threading.Thread(target=self._sio.disconnect, daemon=True).start()

    def _is_old(self, number):
        # The library reads each message in a thread of its own: they may come here in another order.
        if number is None:
            return False
        if number in self._seen:
            return True
        self._seen.append(number)
        self._last_number = max(self._last_number, number)
        return False

    def _finish(self, reason):
        if self._end is None:
            self._end = reason
        self._state = "closed"
        self._changed.notify_all()


class FossBot:
    """One robot. `timeout` is for an answer, `move_timeout` for a whole movement."""

    def __init__(
        self,
        session_id,
        fossbot_name="fossbot",
        server_address=DEFAULT_ADDRESS,
        namespace=DEFAULT_NAMESPACE,
        motor_left_speed=100,
        motor_right_speed=100,
        default_step=15,
        rotate_90=90,
        light_sensor=700,
        line_sensor_center=50,
        line_sensor_right=50,
        line_sensor_left=50,
        sensor_distance=15,
        left_motor_name="left_motor",
        right_motor_name="right_motor",
        key=None,
        token=None,
        timeout=30,
        move_timeout=120,
        transports=None,
        **_others,
    ):
        self.fossbot_name = fossbot_name
        self.motor_left_speed = motor_left_speed
        self.motor_right_speed = motor_right_speed
        self.default_step = default_step
        self.degree = rotate_90
        self.light_threshold = light_sensor
        self.line_thresholds = {1: line_sensor_center, 2: line_sensor_right, 3: line_sensor_left}
        self.sensor_distance = sensor_distance
        self.move_timeout = move_timeout
        credentials = {name: value for name, value in (("key", key), ("token", token)) if value is not None}
        identity = {"fossbot_name": fossbot_name, "func": "connect"}
        self._room = _Room(session_id, server_address, namespace, identity, timeout, credentials, transports)
        print(f"Connected to socketio server on {server_address}")
        self.motor_left = Motor(self, left_motor_name, motor_left_speed)
        self.motor_right = Motor(self, right_motor_name, motor_right_speed)
        self.odometer_left = Odometer(self, left_motor_name)
        self.odometer_right = Odometer(self, right_motor_name)
        self.ultrasonic = UltrasonicSensor(self)
        self.analogue_reader = AnalogueReadings(self)
        self.rgb_led = LedRGB(self)
        self.noise = Noise(self)
        self.accelerometer = Accelerometer(self)
        self.timer = Timer(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.exit()

    # ---- any function of the simulator ----

    def post(self, func, **parameters):
        """Sends a command that is not answered."""
        self._room.post({"func": func, **parameters, "fossbot_name": self.fossbot_name})

    def ask(self, func, accepts=None, timeout=None, **parameters):
        """Sends a command and waits for its answer."""
        return self._room.ask({"func": func, **parameters, "fossbot_name": self.fossbot_name}, accepts, timeout)

    def _number(self, func, **parameters):
        return self.ask(func, accepts=_is_number, **parameters)

    @property
    def _speeds(self):
        return {"vel_left": self.motor_left_speed, "vel_right": self.motor_right_speed}

    # ---- movement ----

    def just_move(self, direction="forward"):
        """Drives for half a second; call it again and again to go on."""
        self.post("just_move", direction=_direction(direction), **self._speeds)

    def move_distance(self, dist, direction="forward", timeout=None):
        """Returns when the robot has gone so far."""
        if dist < 0:
            raise RuntimeError(f"A distance is 0 or more, and not {dist}; use the direction.")
        _direction(direction)
        if dist == 0:
            return
        timeout = self.move_timeout if timeout is None else timeout
        deadline = time.monotonic() + timeout
        self.post("move_distance", tar_dist=dist, direction=direction, **self._speeds)
        try:
            while self.odometer_right.get_distance() < dist:
                if time.monotonic() > deadline:
                    raise MoveTimeout(
                        "ANSWER_TIMEOUT",
                        f"The robot did not go {dist} within {timeout} s; it was stopped. Is something in its way?",
                    )
                time.sleep(WATCH_S)
        finally:
            # Also when the program is interrupted.
            if self._room.connected:
                self.stop()

    def move_forward_distance(self, dist):
        self.move_distance(dist, "forward")

    def move_reverse_distance(self, dist):
        self.move_distance(dist, "reverse")

    def move_forward_default(self):
        self.move_distance(self.default_step, "forward")

    def move_reverse_default(self):
        self.move_distance(self.default_step, "reverse")

    def move_forward(self):
        self.just_move("forward")

    def move_reverse(self):
        self.just_move("reverse")

    def reset_dir(self):
        self.post("reset_dir")

    def stop(self):
        self.post("stop")

    def wait(self, time_s):
        time.sleep(time_s)

    def just_rotate(self, dir_id):
        """Turns for half a second: 0 counter-clockwise, 1 clockwise."""
        self.post("just_rotate", dir_id=_dir_id(dir_id), **self._speeds)

    def rotate_90(self, dir_id):
        """Turns by `rotate_90` of the constructor, and returns when it is done."""
        self._rotate(self.degree, _dir_id(dir_id))

    def rotate(self, degrees):
        """Turns so far, positive to the left, and returns when it is done."""
        if degrees != 0:
            self._rotate(abs(degrees), 0 if degrees > 0 else 1)

    def _rotate(self, degree, dir_id):
        def turned(data):
            return isinstance(data, str) and data.startswith("Final rot pos")

        try:
            timeout = self.move_timeout
            self.ask("rotate_90", accepts=turned, timeout=timeout, degree=degree, dir_id=dir_id, **self._speeds)
        except BaseException as error:
            if self._room.connected:
                self.stop()
            if isinstance(error, AnswerTimeout):
                raise MoveTimeout(
                    error.code, f"The robot did not turn by {degree} degrees within {timeout} s; it was stopped."
                ) from error
            raise

    def rotate_clockwise(self):
        self.just_rotate(1)

    def rotate_counterclockwise(self):
        self.just_rotate(0)

    def rotate_clockwise_90(self):
        self.rotate_90(1)

    def rotate_counterclockwise_90(self):
        self.rotate_90(0)

    # ---- sensors ----

    def get_distance(self):
        """To what is in front; 10000 when nothing is."""
        return self._number("get_distance")

    distance = get_distance

    def check_for_obstacle(self):
        return self.get_distance() <= self.sensor_distance

    def get_floor_sensor(self, sensor_id):
        """0 black to 1 white; 1 middle, 2 right, 3 left."""
        if sensor_id not in self.line_thresholds:
            print(f"Sensor id {sensor_id} is out of bounds.")
            return 0.0
        return self._number("get_floor_sensor", sensor_id=sensor_id)

    def check_on_line(self, sensor_id):
        if sensor_id not in self.line_thresholds:
            print(f"Sensor id {sensor_id} is out of bounds.")
            return False
        return self.get_floor_sensor(sensor_id) <= self.line_thresholds[sensor_id] / 100

    def get_acceleration(self, axis):
        return self._by_axis("get_acceleration", axis)

    def get_gyroscope(self, axis):
        return self._by_axis("get_gyroscope", axis)

    def _by_axis(self, func, axis):
        if axis not in ("x", "y", "z"):
            print(f"There is no axis {axis}; there are x, y and z.")
            return 0.0
        return self._number(func, axis=axis)

    def get_light_sensor(self):
        """0 to 1024."""
        return self._number("get_light_sensor")

    def check_for_dark(self):
        return self.get_light_sensor() < self.light_threshold

    def get_noise_detection(self):
        return self.ask("get_noise_detection", accepts=lambda data: isinstance(data, bool))

    # ---- the rest ----

    def rgb_set_color(self, color):
        self.rgb_led.set_on(color)

    def play_sound(self, audio_path):
        self.post("play_sound", sound_path=audio_path)

    def start_timer(self):
        self.timer.start_timer()

    def stop_timer(self):
        self.timer.stop_timer()

    def get_elapsed(self):
        return self.timer.get_elapsed()

    def exit(self):
        """Frees the robot and leaves the room."""
        if self._room.connected:
            self.post("exit")
        self._room.close()

    close = exit


class Motor:
    def __init__(self, robot, name, speed):
        self._robot, self.name, self.speed, self.direction = robot, name, speed, "forward"

    def set_speed(self, speed):
        """0 to 100; starts to move."""
        if not 0 <= speed <= 100:
            raise RuntimeError(f"A speed is from 0 to 100, and not {speed}.")
        self.speed = speed
        self._send(speed)

    def dir_control(self, direction):
        self.direction = _direction(direction)

    def move(self, direction="forward"):
        self.dir_control(direction)
        self._send(self.speed)

    def stop(self):
        """Stops this motor; in the original it goes on."""
        self._send(0)

    def _send(self, speed):
        self._robot.post("move_motor", motor_name=self.name, motor_vel=speed, direction=self.direction)


class Odometer:
    def __init__(self, robot, motor_name):
        self._robot, self._motor = robot, motor_name

    def count_revolutions(self):
        self._robot.post("count_revolutions", motor_name=self._motor)

    def get_steps(self):
        return self._robot._number("get_steps", motor_name=self._motor)

    def get_revolutions(self):
        return self._robot._number("get_revolutions", motor_name=self._motor)

    def get_distance(self):
        return round(self._robot._number("dist_travelled", motor_name=self._motor), 2)

    def reset(self):
        self._robot.post("reset_steps")


class UltrasonicSensor:
    def __init__(self, robot):
        self._robot = robot

    def get_distance(self):
        return self._robot.get_distance()


class AnalogueReadings:
    def __init__(self, robot):
        self._robot = robot

    def get_reading(self, pin):
        """0 is the light sensor, 1 to 3 are floor sensors."""
        return self._robot.get_light_sensor() if pin == 0 else self._robot.get_floor_sensor(pin)


class LedRGB:
    COLORS = ("red", "green", "blue", "white", "yellow", "cyan", "violet", "closed")

    def __init__(self, robot):
        self._robot = robot

    def set_on(self, color):
        if color not in self.COLORS:
            raise RuntimeError(f"A color is one of {', '.join(self.COLORS)}, and not {color}.")
        self._robot.post("rgb_set_color", color=color)


class Accelerometer:
    def __init__(self, robot):
        self._robot = robot

    def get_acceleration(self, axis):
        return self._robot.get_acceleration(axis)

    def get_gyro(self, axis):
        return self._robot.get_gyroscope(axis)


class Noise:
    def __init__(self, robot):
        self._robot = robot

    def detect_noise(self):
        return self._robot.get_noise_detection()


class Timer:
    def __init__(self, robot):
        self._robot = robot

    def start_timer(self):
        self._robot.post("start_timer")

    def stop_timer(self):
        self._robot.post("stop_timer")

    def elapsed(self):
        return self._robot._number("get_elapsed")

    def get_elapsed(self):
        """Whole seconds."""
        return int(self.elapsed())


class GodotEnvironment:
    """Prepares a scene. Positions are in units of the scene, rotations in degrees."""

    def __init__(
        self,
        session_id,
        server_address=DEFAULT_ADDRESS,
        namespace=DEFAULT_NAMESPACE,
        key=None,
        token=None,
        timeout=60,
        transports=None,
        **_others,
    ):
        credentials = {name: value for name, value in (("key", key), ("token", token)) if value is not None}
        identity = {"env_user": True, "func": "connect_env"}
        self._room = _Room(session_id, server_address, namespace, identity, timeout, credentials, transports)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.exit()

    def spawn_fossbot(self, **options):
        self._post("foss_spawn", **_pose(options, "blue"))

    def spawn_cube(self, **options):
        self._post("obs_spawn", type="cube", **_scale(options), **_pose(options, "white"))

    def spawn_cone(self, **options):
        self._post("obs_spawn", type="cone", **_scale(options), **_pose(options, "white"))

    def spawn_sphere(self, radius=1, **options):
        pose = _pose(options, "white")
        del pose["rotation"], pose["counterclockwise"]
        self._post("obs_spawn", type="sphere", radius=float(radius), **pose)

    def change_fossbot(self, fossbot_name="fossbot", **options):
        self._post("change_fossbot", fossbot_name=fossbot_name, **_pose(options, "blue"))

    def change_floor_size(self, floor_index=0, scale_x=1, scale_y=1):
        self._post("change_floor", floor_index=_index(floor_index), scale_x=float(scale_x), scale_y=float(scale_y))

    def change_brightness(self, brightness=50):
        if not 0 <= brightness <= 100:
            print("The brightness is from 0 to 100.")
            return
        self._post("change_brightness", value=int(brightness))

    def draw_image_floor(self, image_path, floor_index=0, color="white", tripl=False, scale_x=1, scale_y=1):
        last = {"type": "tripl" if tripl else "manual", "scale_x": float(scale_x), "scale_y": float(scale_y)}
        self._upload("change_floor_skin", image_path, "Image loaded.", floor_index, color=color, **last)

    def draw_image_floor_auto(self, image_path, floor_index=0, color="white"):
        self._upload("change_floor_skin", image_path, "Image loaded.", floor_index, color=color, type="full")

    def change_floor_terrain(self, image_path, floor_index=0, intensity=3):
        self._upload("change_floor_terrain", image_path, "Terrain loaded.", floor_index, intensity=float(intensity))

    def reset_floor_terrain(self, floor_index=0):
        self._ask("Terrain Reset.", {"func": "reset_terrain", "floor_index": _index(floor_index)})

    def remove_all_objects(self):
        self._post("remove_all_objects")

    def exit(self):
        self._room.close()

    close = exit

    def _post(self, func, **parameters):
        self._room.post({"func": func, **parameters})
        time.sleep(SCENE_PAUSE_S)

    def _ask(self, answer, command):
        self._room.ask(command, lambda data: data == answer)
        time.sleep(SCENE_PAUSE_S)

    def _upload(self, func, image_path, answer, floor_index, **last):
        with open(image_path, "rb") as file:
            text = base64.b64encode(file.read()).decode()
        if not text:
            raise ValueError(f"{image_path} is empty.")
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        for number, piece in enumerate(pieces):
            self._room.post({"func": func, "image": piece, "image_size": len(pieces), "img_num": number})
            # Where messages overtake each other, the last one must not come before a piece.
            if not self._room.keeps_order:
                time.sleep(SCENE_PAUSE_S)
        command = {"func": func, "floor_index": _index(floor_index), "image_size": len(pieces), **last}
        self._ask(answer, command)


def _pose(options, color):
    return {
        "pos_x": float(options.get("pos_x", 1)),
        "pos_y": float(options.get("pos_y", 1)),
        "pos_z": float(options.get("pos_z", 0)),
        "color": options.get("color", color),
        "rotation": float(options.get("rotation", 0)),
        "counterclockwise": bool(options.get("counterclockwise", False)),
    }


def _scale(options):
    given = {name: float(options.get(name, 1)) for name in ("scale_x", "scale_y", "scale_z")}
    return {name: value if value > 0 else 1.0 for name, value in given.items()}


def _index(floor_index):
    return str(int(floor_index))


def _direction(direction):
    if direction not in ("forward", "reverse"):
        raise RuntimeError(f"A direction is forward or reverse, and not {direction}.")
    return direction


def _dir_id(dir_id):
    if dir_id not in (0, 1):
        raise RuntimeError(f"A rotation is 0 (counter-clockwise) or 1 (clockwise), and not {dir_id}.")
    return dir_id
