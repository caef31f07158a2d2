"""Frames of simulator-v1: uint32 BE header length, uint32 BE body length, JSON header, body."""

import json
import struct

_HEAD = struct.Struct("!II")
MAX_HEADER_BYTES = 64 * 1024 * 1024
MAX_BODY_BYTES = 256 * 1024 * 1024


def encode_frame(header, body=b""):
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return _HEAD.pack(len(head), len(body)) + head + body


class FrameDecoder:
    """Collects bytes and hands out whole frames. Raises ValueError on an impossible length."""

    def __init__(self):
        self._buffer = bytearray()

    def push(self, chunk):
        self._buffer += chunk
        frames = []
        while len(self._buffer) >= _HEAD.size:
            header_length, body_length = _HEAD.unpack_from(self._buffer)
            if header_length > MAX_HEADER_BYTES or body_length > MAX_BODY_BYTES:
                raise ValueError("a frame of {} + {} bytes".format(header_length, body_length))
            begin = _HEAD.size + header_length
            if len(self._buffer) < begin + body_length:
                break
            header = json.loads(self._buffer[_HEAD.size : begin])
            frames.append((header, bytes(self._buffer[begin : begin + body_length])))
            del self._buffer[: begin + body_length]
        return frames
