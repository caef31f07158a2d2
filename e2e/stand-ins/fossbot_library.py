"""FOSSBot's library as its users have it, written from its documented messages: it waits for every answer without a
limit, sends its own id, and takes any godotMessage for the answer to its question."""
import base64
import threading
import time

import socketio

TRANSPORTS = None


class Handler:
    def __init__(self, sio, namespace, name=None):
        self.sio, self.namespace, self.name = sio, namespace, name
        self.event = threading.Event()
        self.response = None

        @sio.on("godotMessage", namespace=namespace)
        def on_message(data):
            self.response = data
            self.event.set()

        @sio.on("godotError", namespace=namespace)
        def on_error(data):
            self.event.set()
            sio.disconnect()
            raise ConnectionError(data["data"])

    def post(self, param):
        if self.name is not None:
            param["fossbot_name"] = self.name
        self.sio.emit("clientMessage", param, namespace=self.namespace)
        if self.name is None:
            time.sleep(0.1)

    def get(self, param):
        self.post(param)
        self.event.wait()
        self.event.clear()
        if self.name is None:
            time.sleep(0.1)
        return self.response["data"]


def connect(session_id, server_address, namespace, identity):
    sio = socketio.Client()
    box = {}
    ready = threading.Event()

    @sio.event(namespace=namespace)
    def connect():
        sid = sio.get_sid(namespace)
        sio.emit("pythonConnect", {"session_id": session_id, "user_id": sid, **identity}, namespace=namespace)
        box["handler"] = Handler(sio, namespace, identity.get("fossbot_name"))
        ready.set()

    sio.connect(server_address + namespace, namespaces=[namespace], transports=TRANSPORTS)
    ready.wait()
    return sio, box["handler"]


class FossBot:
    def __init__(self, session_id, **kwargs):
        self.speed = {"vel_left": kwargs.get("motor_left_speed", 100), "vel_right": kwargs.get("motor_right_speed", 100)}
        self.degree = kwargs.get("rotate_90", 90)
        self.near = kwargs.get("sensor_distance", 15)
        self.line = kwargs.get("line_sensor_center", 50)
        self.sio, self.handler = connect(
            session_id, kwargs.get("server_address", "http://localhost:8000"), kwargs.get("namespace", "/godot"),
            {"fossbot_name": kwargs.get("fossbot_name", "fossbot"), "func": "connect"})

    def just_move(self, direction="forward"):
        self.handler.post({"func": "just_move", **self.speed, "direction": direction})

    def just_rotate(self, dir_id):
        self.handler.post({"func": "just_rotate", **self.speed, "dir_id": dir_id})

    def move_distance(self, dist, direction="forward"):
        self.handler.post({"func": "move_distance", **self.speed, "tar_dist": dist, "direction": direction})
        while round(self.handler.get({"func": "dist_travelled", "motor_name": "right_motor"}), 2) < dist:
            pass
        self.stop()

    def move_reverse_distance(self, dist):
        self.move_distance(dist, "reverse")

    def stop(self):
        self.handler.post({"func": "stop"})

    def rotate_90(self, dir_id):
        return self.handler.get({"func": "rotate_90", "degree": self.degree, "dir_id": dir_id, **self.speed})

    def rotate_clockwise_90(self):
        return self.rotate_90(1)

    def rotate_counterclockwise_90(self):
        return self.rotate_90(0)

    def get_distance(self):
        return self.handler.get({"func": "get_distance"})

    def get_floor_sensor(self, sensor_id):
        return self.handler.get({"func": "get_floor_sensor", "sensor_id": sensor_id})

    def check_on_line(self, sensor_id):
        return self.get_floor_sensor(sensor_id) <= self.line / 100

    def get_light_sensor(self):
        return self.handler.get({"func": "get_light_sensor"})

    def get_noise_detection(self):
        return self.handler.get({"func": "get_noise_detection"})

    def get_acceleration(self, axis):
        return self.handler.get({"func": "get_acceleration", "axis": axis})

    def rgb_set_color(self, color):
        self.handler.post({"func": "rgb_set_color", "color": color})

    def play_sound(self, audio_path):
        self.handler.post({"func": "play_sound", "sound_path": audio_path})

    def start_timer(self):
        self.handler.post({"func": "start_timer"})

    def get_elapsed(self):
        return int(self.handler.get({"func": "get_elapsed"}))

    def exit(self):
        self.handler.post({"func": "exit"})
        self.sio.disconnect()


class GodotEnvironment:
    def __init__(self, session_id, server_address="http://localhost:8000", namespace="/godot"):
        self.sio, self.handler = connect(session_id, server_address, namespace, {"env_user": True, "func": "connect_env"})

    def remove_all_objects(self):
        self.handler.post({"func": "remove_all_objects"})

    def reset_floor_terrain(self, floor_index=0):
        return self.handler.get({"func": "reset_terrain", "floor_index": str(floor_index)})

    def spawn_fossbot(self, pos_x=1, pos_y=1, pos_z=0, color="blue", rotation=0, counterclockwise=False):
        self.handler.post({"func": "foss_spawn", "pos_x": float(pos_x), "pos_y": float(pos_y), "pos_z": float(pos_z),
                           "color": color, "rotation": float(rotation), "counterclockwise": counterclockwise})

    def spawn_cube(self, pos_x, pos_y, scale_x=1, scale_y=1, scale_z=1, pos_z=0, color="white", rotation=0,
                   counterclockwise=False):
        self.handler.post({"func": "obs_spawn", "pos_x": float(pos_x), "pos_y": float(pos_y), "scale_x": float(scale_x),
                           "scale_y": float(scale_y), "scale_z": float(scale_z), "type": "cube", "pos_z": float(pos_z),
                           "color": color, "rotation": float(rotation), "counterclockwise": counterclockwise})

    def draw_image_floor_auto(self, image_path, floor_index=0, color="white"):
        text = base64.b64encode(open(image_path, "rb").read()).decode()
        pieces = [text[i:i + 20000] for i in range(0, len(text), 20000)]
        for number, piece in enumerate(pieces):
            self.handler.post({"func": "change_floor_skin", "image": piece, "image_size": len(pieces), "img_num": number})
        return self.handler.get({"func": "change_floor_skin", "floor_index": str(floor_index), "image_size": len(pieces),
                                 "color": color, "type": "full"})

    def exit(self):
        self.sio.disconnect()
