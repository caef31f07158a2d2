"""python-socketio's Client in a browser: the page holds the connection, and this program waits for it.

There are no threads here: a handler runs when the program waits for something (an answer, time.sleep, an event).
"""
import collections
import json
import threading
import time
from urllib.parse import urlparse

import simyard_page

_here = ""
_clients = {}
_pending = collections.deque()


class exceptions:
    class SocketIOError(Exception):
        pass

    class ConnectionError(SocketIOError):
        pass

    class BadNamespaceError(SocketIOError):
        pass

    class TimeoutError(SocketIOError):
        pass


def _wait_for_message(ms):
    if simyard_page.shared:
        return simyard_page.receive(ms)
    from pyodide.ffi import can_run_sync, run_sync
    if not can_run_sync():
        raise RuntimeError(
            "This browser cannot wait for robots in Python at this address. "
            "Open the page over HTTPS or on localhost, or write the program in JavaScript.")
    return run_sync(simyard_page.receive(ms))


def _pump(seconds):
    """Handles what has come, or comes within this time. False when nothing did."""
    if not _pending:
        text = _wait_for_message(max(0, seconds) * 1000)
        if text is None:
            return False
        _pending.append(json.loads(text))
    while _pending:
        message = _pending.popleft()
        client = _clients.get(message["client"])
        if client is not None:
            client._receive(message)
    return True


def _pump_until(done, seconds):
    deadline = None if seconds is None else time.monotonic() + seconds
    while not done():
        left = 3600 if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return done()
        _pump(left)
    return True


class _Queue:
    # What is sent has left this program at once.
    unfinished_tasks = 0


class _Transport:
    def __init__(self):
        self.queue = _Queue()
        self.start_background_task = None


class Client:
    def __init__(self, **settings):
        self._id = len(_clients) + 1
        _clients[self._id] = self
        self._handlers = {}
        self._sid = None
        self._problem = None
        self._questions = 0
        self._acks = {}
        self.connected = False
        self.namespaces = {}
        self.sid = None
        self.eio = _Transport()

    def on(self, event, handler=None, namespace=None):
        def register(function):
            self._handlers[event] = function
            return function
        return register if handler is None else register(handler)

    def event(self, *args, **settings):
        if len(args) == 1 and callable(args[0]):
            return self.on(args[0].__name__, args[0])
        return lambda function: self.on(function.__name__, function)

    def register_namespace(self, handler):
        for name in dir(handler):
            if name.startswith("on_"):
                self.on(name[3:], getattr(handler, name))

    def connect(self, url, headers=None, auth=None, transports=None, namespaces=None,
                socketio_path="socket.io", wait=True, wait_timeout=10, retry=False):
        parts = urlparse(url)
        namespace = namespaces[0] if isinstance(namespaces, (list, tuple)) and namespaces else namespaces
        if not namespace:
            namespace = parts.path.rstrip("/") or "/"
        address = f"{parts.scheme}://{parts.netloc}"
        prefix = "/"
        here = urlparse(_here)
        if parts.netloc == "localhost:8000" and namespaces:
            # The libraries' default: the relay of this machine, which for a page is that of its site.
            parts = here
            address = f"{here.scheme}://{here.netloc}"
        if parts.netloc == here.netloc:
            prefix = here.path
            namespace = "/" + namespace.removeprefix(prefix).lstrip("/") if prefix != "/" else namespace
        self._namespace = namespace
        self._problem = None
        simyard_page.connect(self._id, address, namespace, f"{prefix}socket.io/")
        if not _pump_until(lambda: self.connected or self._problem, wait_timeout):
            raise exceptions.ConnectionError(f"{address} does not answer.")
        if not self.connected:
            raise exceptions.ConnectionError(self._problem)

    def _receive(self, message):
        kind = message["type"]
        if kind == "connect":
            self._sid = self.sid = message["sid"]
            self.connected = True
            self.namespaces = {self._namespace: self._sid}
            self._call("connect")
        elif kind == "connect_error":
            self._problem = message["message"]
            self._call("connect_error", message["message"])
        elif kind == "ack":
            self._acks.pop(message["question"], lambda *_: None)(*message["args"])
        elif kind == "disconnect":
            self.connected = False
            self.namespaces = {}
            self._call("disconnect")
        else:
            self._call(message["event"], *message["args"])

    def _call(self, event, *args):
        handler = self._handlers.get(event)
        if handler is None:
            return
        try:
            handler(*args)
        except TypeError:
            if event != "disconnect":
                raise
            handler("io client disconnect")

    def get_sid(self, namespace=None):
        return self._sid

    def emit(self, event, data=None, namespace=None, callback=None):
        if not self.connected:
            raise exceptions.BadNamespaceError(f"{namespace or '/'} is not a connected namespace.")
        values = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        question = 0
        if callback is not None:
            self._questions += 1
            question = self._questions
            self._acks[question] = callback
        simyard_page.emit(self._id, event, json.dumps(values), question)

    def call(self, event, data=None, namespace=None, timeout=60):
        answers = []
        self.emit(event, data, namespace, callback=lambda *values: answers.append(values))
        if not _pump_until(lambda: answers or not self.connected, timeout) or not answers:
            raise exceptions.TimeoutError()
        values = answers[0]
        return values if len(values) > 1 else values[0] if values else None

    def send(self, data, namespace=None, callback=None):
        self.emit("message", data, namespace)

    def disconnect(self):
        if self.connected:
            simyard_page.disconnect(self._id)
            _pump_until(lambda: not self.connected, 1)

    def sleep(self, seconds=0):
        time.sleep(seconds)

    def wait(self):
        _pump_until(lambda: not self.connected, None)

    def transport(self):
        return "websocket"


class ClientNamespace:
    def __init__(self, namespace=None):
        self.namespace = namespace


def _sleep(seconds):
    _pump_until(lambda: False, seconds)


class _Event:
    def __init__(self):
        self._flag = False

    def is_set(self):
        return self._flag

    isSet = is_set

    def set(self):
        self._flag = True

    def clear(self):
        self._flag = False

    def wait(self, timeout=None):
        return _pump_until(lambda: self._flag, timeout)


class _Condition:
    def __init__(self, lock=None):
        self._told = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def acquire(self, *_, **__):
        return True

    def release(self):
        pass

    def notify(self, n=1):
        self._told += 1

    notify_all = notify

    def wait(self, timeout=None):
        before = self._told
        return _pump_until(lambda: self._told != before, timeout)

    def wait_for(self, predicate, timeout=None):
        return _pump_until(predicate, timeout)


class _Thread(threading.Thread):
    def start(self):
        # Ending a connection is all that a library needs one for; here it waits for nobody.
        if isinstance(getattr(self._target, "__self__", None), Client):
            self._target(*self._args, **self._kwargs)
            return
        raise RuntimeError("A program in a page has one thread. Run this one with Python on a computer.")


time.sleep = _sleep
threading.Thread = _Thread
threading.Event = _Event
threading.Condition = _Condition
