"""A session server as an installation of Webots has it, for tests: same words, same rhythm of polling.

Usage: session_server.py CONFIG, a JSON file with port (0 takes a free one), server, simulationServers, ssl, portRewrite.
"""

import json
import sys
import threading
import urllib.request

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
import tornado.websocket

REFRESH_SECONDS = 1
THRESHOLD = 95
UNREACHABLE = 1000

with open(sys.argv[1], encoding="utf-8") as file:
    config = json.load(file)
servers = config["simulationServers"]
loads = [0.0] * len(servers)
clients = set()
available = False


def scheme(name):
    return name + ("s" if config.get("ssl", True) else "")


def poll(index):
    try:
        with urllib.request.urlopen(f"{scheme('http')}://{servers[index]}/load", timeout=5) as answer:
            loads[index] = float(answer.read())
    except OSError:
        loads[index] = UNREACHABLE


def poll_all():
    global available
    threads = [threading.Thread(target=poll, args=(index,)) for index in range(len(servers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = any(load < THRESHOLD for load in loads)
    if now != available:
        available = now
        for client in clients:
            client.write_message("1" if available else "0")


def poll_again():
    poll_all()
    tornado.ioloop.IOLoop.current().call_later(REFRESH_SECONDS, poll_again)


class SessionHandler(tornado.web.RequestHandler):
    def set_default_headers(self):
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Access-Control-Allow-Headers", "x-requested-with")
        self.set_header("Access-Control-Allow-Methods", "POST, GET, OPTIONS")

    def get(self):
        if not available:
            self.write("Error: no simulation server available at the moment.")
            return
        best = min(range(len(servers)), key=lambda index: loads[index])
        self.write(f"{scheme('ws')}://{servers[best]}")


class LoadHandler(tornado.web.RequestHandler):
    def get(self):
        answering = [load for load in loads if load != UNREACHABLE]
        self.write(str(sum(answering) / len(answering)) if answering else "-1")


class ClientHandler(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def open(self):
        self.set_nodelay(True)
        clients.add(self)
        self.write_message("1" if available else "0")

    def on_close(self):
        clients.discard(self)

    def on_message(self, message):
        print(f"[{self.request.host}] Ignored client message: {message}", flush=True)


class MonitorHandler(tornado.web.RequestHandler):
    def get(self):
        rows = "".join(f"<tr><td>{server}</td><td>{load}%</td></tr>" for server, load in zip(servers, loads))
        self.write(f"<html><title>Webots simulation server</title><h1>Webots session server</h1><table>{rows}</table></html>")


application = tornado.web.Application(
    [("/session", SessionHandler), ("/load", LoadHandler), ("/monitor", MonitorHandler), ("/", ClientHandler)]
)
poll_again()
sockets = tornado.netutil.bind_sockets(config["port"], "127.0.0.1")
tornado.httpserver.HTTPServer(application).add_sockets(sockets)
print(f"Session server running on port {sockets[0].getsockname()[1]}", flush=True)
tornado.ioloop.IOLoop.current().start()
