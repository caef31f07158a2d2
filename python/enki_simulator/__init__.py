"""A simulator of flat worlds with e-puck and Thymio II robots on Enki; it speaks simulator-v1 to a simulation server.

Started as ``python3 -m enki_simulator`` with its channel on file descriptor 3, or on the Unix socket whose path is in
``SIMYARD_CHANNEL_SOCKET``. Needs the module ``pyenki`` (Debian: python3-enki2); everything else is the standard library.
"""
