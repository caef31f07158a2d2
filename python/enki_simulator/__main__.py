"""Entry point: opens the channel and serves it until the server goes."""

import os
import socket
import sys

from .session import Session


def open_channel():
    path = os.environ.get("SIMYARD_CHANNEL_SOCKET")
    if path:
        channel = socket.socket(socket.AF_UNIX)
        channel.connect(path)
        return channel
    try:
        return socket.socket(fileno=3)
    except OSError:
        sys.exit("This program is a simulator: a simulation server starts it, with its channel on file descriptor 3.")


try:
    Session(open_channel()).serve()
except (BrokenPipeError, ConnectionResetError):
    sys.exit(1)
