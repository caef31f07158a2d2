"""Tries what a hostile controller would try; prints one line for each attempt: name, "stopped" or "POSSIBLE", detail."""

import ctypes
import os
import socket
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)


def attempt(name, action):
    try:
        detail = action()
    except BaseException as error:  # a hostile program survives everything it can
        print(f"{name}|stopped|{type(error).__name__}: {error}", flush=True)
        return
    print(f"{name}|POSSIBLE|{detail}", flush=True)


def connect(family, address):
    with socket.socket(family) as peer:
        peer.settimeout(1)
        peer.connect(address)
    return "connected"


def read(path):
    with open(path, "rb") as file:
        return f"{len(file.read())} bytes"


def write(path):
    with open(path, "w") as file:
        file.write("x")
    return "written"


def syscall(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "allowed"


def fork_many():
    children = []
    try:
        for _ in range(100):
            child = os.fork()
            if child == 0:
                time.sleep(20)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return f"{len(children)} children"


def allocate():
    blocks = []
    for _ in range(40):
        blocks.append(bytearray(10 * 1024 * 1024))
    return f"{len(blocks) * 10} MB"


def big_file():
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open("/work/big", "wb") as file:
        for _ in range(64):
            file.write(b"x" * 1024 * 1024)
            file.flush()
    return "64 MB"


def many_files():
    for index in range(16):
        with open(f"/work/file{index}", "wb") as file:
            file.write(b"x" * 4 * 1024 * 1024)
    return "64 MB"


def shared_memory():
    with open("/dev/shm/big", "wb") as file:
        file.write(b"x" * 32 * 1024 * 1024)
    return "32 MB"


def many_descriptors():
    held = [open("/dev/null") for _ in range(1000)]
    return f"{len(held)} descriptors"


def other_environments():
    secrets = [pid for pid in os.listdir("/proc") if pid.isdigit() and b"SIMYARD_SECRET" in open(f"/proc/{pid}/environ", "rb").read()]
    if not secrets and "SIMYARD_SECRET" not in os.environ:
        raise PermissionError("no foreign environment in sight")
    return str(secrets)


def other_processes():
    seen = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    if len(seen) <= 3:
        raise PermissionError(f"only {len(seen)} processes in sight, its own")
    return f"{len(seen)} processes"


port = int(sys.argv[1])
attempt("network: loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("network: outside", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("network: abstract unix socket", lambda: connect(socket.AF_UNIX, "\0simyard-hostile-test"))
attempt("files: password file", lambda: read("/etc/passwd"))
attempt("files: shadow file", lambda: read("/etc/shadow"))
attempt("files: the server's folder", lambda: os.listdir(sys.argv[2]) and "listed")
attempt("files: change its own program", lambda: write("/work/code/hostile.py"))
attempt("files: change the system", lambda: write("/usr/bin/hostile"))
attempt("environment: of the server", other_environments)
attempt("processes: of others", other_processes)
attempt("processes: fork bomb", fork_many)
attempt("memory: 400 MB", allocate)
attempt("disk: one big file", big_file)
attempt("disk: many files", many_files)
attempt("disk: shared memory", shared_memory)
attempt("descriptors: 1000", many_descriptors)
attempt("kernel: new user namespace", lambda: syscall(272, 0x10000000))
attempt("kernel: mount", lambda: syscall(165, b"none", b"/tmp", b"tmpfs", 0, 0))
attempt("kernel: ptrace", lambda: syscall(101, 16, 1, 0, 0))
attempt("kernel: bpf", lambda: syscall(321, 0, 0, 0))
attempt("kernel: io_uring", lambda: syscall(425, 8, ctypes.create_string_buffer(256)))
attempt("kernel: keyring", lambda: syscall(250, 0, 0))
print("done", flush=True)
while len(sys.argv) > 3:  # endless loop
    pass
