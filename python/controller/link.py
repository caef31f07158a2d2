"""The byte stream between this program and the simulation: an inherited socket, a Unix socket, or a WebSocket to a server."""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
from urllib.parse import urlsplit

#: controller-v1, see docs/protocol/controller-v1.md
PROTOCOL_VERSION = 1


class LinkClosed(Exception):
    """The simulation has gone."""


class Link:
    """Sends JSON lines and receives JSON lines with binary attachments."""

    def __init__(self, stream):
        self._stream = stream
        self._buffer = bytearray()

    def send(self, message):
        """Send one message. A simulation that has gone is noticed by the next receive."""
        try:
            self._stream.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            raise LinkClosed() from error

    def receive(self):
        """Return ``(message, attachments)``; attachments are bytes in the order the message announces."""
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                break
            self._fill()
        message = json.loads(self._buffer[:end])
        del self._buffer[: end + 1]
        attachments = []
        for announced in message.get("attachments", ()):
            size = announced["bytes"]
            while len(self._buffer) < size:
                self._fill()
            attachments.append(bytes(self._buffer[:size]))
            del self._buffer[:size]
        return message, attachments

    def _fill(self):
        try:
            chunk = self._stream.recv(262144)
        except OSError as error:
            raise LinkClosed() from error
        if not chunk:
            raise LinkClosed()
        self._buffer += chunk


class WebSocketStream:
    """A minimal WebSocket client (RFC 6455) for extern controllers: binary messages are the byte stream."""

    def __init__(self, url):
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        raw = socket.create_connection((parts.hostname, port), timeout=10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            import ssl

            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=parts.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        raw.sendall(
            (
                "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            .format(path, parts.netloc, key)
            .encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = raw.recv(4096)
            if not chunk:
                break
            head += chunk
        status = head.split(b"\r\n", 1)[0].decode(errors="replace")
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if " 101 " not in status or accept not in head:
            raise ConnectionError("{} did not accept the controller: {}".format(url.split("?")[0], status or "no answer"))
        raw.settimeout(None)
        self._socket = raw
        self._incoming = bytearray(head.split(b"\r\n\r\n", 1)[1])

    def sendall(self, payload):
        self._send_frame(2, payload)

    def _send_frame(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        repeated = mask * (size // 4 + 1)
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:size], "big")).to_bytes(size, "big")
        self._socket.sendall(head + mask + masked)

    def recv(self, _limit):
        while True:
            opcode, payload = self._read_frame()
            if opcode in (0, 1, 2):
                if payload:
                    return payload
            elif opcode == 8:
                return b""
            elif opcode == 9:
                self._send_frame(10, payload)

    def _read_frame(self):
        first, second = self._take(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._take(8))
        return first & 0x0F, bytes(self._take(size))

    def _take(self, size):
        while len(self._incoming) < size:
            chunk = self._socket.recv(262144)
            if not chunk:
                raise OSError("the connection was closed")
            self._incoming += chunk
        taken = self._incoming[:size]
        del self._incoming[:size]
        return taken


def open_link():
    """Open the link that the environment names. Exits with a sentence when the program was started by hand without one."""
    path = os.environ.get("SIMYARD_CHANNEL_SOCKET")
    fd = os.environ.get("SIMYARD_CONTROLLER_FD")
    url = os.environ.get("SIMYARD_CONTROLLER_URL")
    if path:
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(path)
        return Link(stream)
    if fd:
        return Link(socket.socket(fileno=int(fd)))
    if url:
        return Link(WebSocketStream(url))
    sys.exit(
        "This program is a robot controller: a simulation starts it. To run it by hand, set the robot's controller to\n"
        '"<extern>" and SIMYARD_CONTROLLER_URL to the address that the console of the simulation shows.'
    )
