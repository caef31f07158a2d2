"""A simulation server as an installation of Webots has it, for tests: same words, and a stream of one moving box.

Usage: simulation_server.py CONFIG, a JSON file with port (0 takes a free one), server, and load, the percent that it
answers; a load that is text is answered as it is.
"""

import json
import sys

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
import tornado.websocket

STEP_MS = 32
SCENE = "<?xml version='1.0' encoding='UTF-8'?><nodes><Scene id='n-1'><Transform id='n25'/></Scene></nodes>"

with open(sys.argv[1], encoding="utf-8") as file:
    config = json.load(file)


class Stream(tornado.websocket.WebSocketHandler):
    """What Webots itself serves: one world, a box that turns."""

    def initialize(self, viewers, world, updates):
        self.viewers = viewers
        self.world = world
        self.updates = updates
        self.time = 0
        self.timer = None

    def check_origin(self, origin):
        return True

    def open(self):
        self.viewers.add(self)

    def frame(self):
        key = "updates" if self.updates else "poses"
        state = [{"id": 25, "rotation": f"0 0 1 {self.time / 1000}"}]
        self.write_message("application/json:" + json.dumps({"time": self.time, key: state}, separators=(",", ":")))

    def step(self):
        self.time += STEP_MS
        self.frame()

    def stop(self):
        if self.timer:
            self.timer.stop()
            self.timer = None

    def on_message(self, message):
        if message.startswith("x3d"):
            if self.updates:
                self.write_message("loading:Parsing nodes:40")
            self.write_message(f"world:{self.world}:{self.world}")
            if self.updates:
                self.write_message("scene load completed")
            self.write_message("model:" + SCENE)
            self.frame()
            self.write_message("scene load completed")
            self.write_message("pause: 0" if self.updates else "pause")
        elif message == "pause":
            self.stop()
            self.write_message("paused by client" if self.updates else "pause")
        elif message.startswith("real-time:"):
            self.stop()
            if self.updates:
                self.write_message("real-time")
            self.timer = tornado.ioloop.PeriodicCallback(self.step, STEP_MS)
            self.timer.start()
        elif message == "reset":
            self.time = 0
            self.frame()
            self.write_message("reset finished")

    def on_close(self):
        self.viewers.discard(self)
        self.stop()


class Client(tornado.websocket.WebSocketHandler):
    """A visitor; closing this socket ends the simulation."""

    server = None

    def check_origin(self, origin):
        return True

    def on_message(self, message):
        data = json.loads(message)
        if "init" in data:
            self.start(data["init"][2], updates=False)
            self.write_message(".")
        elif "start" in data:
            self.write_message("shutdownTimeout: 7200")
            self.start("worlds/" + data["start"]["url"].rsplit("/", 1)[-1], updates=True)
        elif "reset controller" in data:
            self.write_message("reset controller: " + data["reset controller"])

    def start(self, world, updates):
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        self.viewers = set()
        options = {"viewers": self.viewers, "world": world, "updates": updates}
        streams = tornado.web.Application([("/", Stream, options)])
        self.server = tornado.httpserver.HTTPServer(streams)
        self.server.add_sockets(sockets)
        self.write_message(f"webots:ws://{config['server']}:{sockets[0].getsockname()[1]}")

    def on_close(self):
        if self.server:
            self.server.stop()
            for viewer in list(self.viewers):
                viewer.close()


class Load(tornado.web.RequestHandler):
    def get(self):
        self.write(str(config["load"]))


class Monitor(tornado.web.RequestHandler):
    def get(self):
        self.write("<html><h1>Webots simulation server</h1></html>")


application = tornado.web.Application([("/client", Client), ("/load", Load), ("/monitor", Monitor)])
main_sockets = tornado.netutil.bind_sockets(config["port"], "127.0.0.1")
tornado.httpserver.HTTPServer(application).add_sockets(main_sockets)
print(f"Simulation server running on port {main_sockets[0].getsockname()[1]}", flush=True)
tornado.ioloop.IOLoop.current().start()
