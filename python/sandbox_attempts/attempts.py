"""Tries what a hostile program would try; for each attempt prints one line of JSON: attempt, result, detail.

Arguments: a port on which something listens on this machine, a folder of the server with a file ``secret`` in it, and the
names of attempts to leave out. Every attempt is bounded: where nothing stops it, it stops itself before it does harm.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time

MEBIBYTE = 1024 * 1024
#: What attempts stay under where nothing stops them; each is above the limits that the attempts run with.
MEMORY_MIB = 400
DISK_MIB = 64
CHILDREN = 100

libc = ctypes.CDLL(None, use_errno=True)
machine = os.uname().machine
#: System call numbers by architecture; asm-generic/unistd.h for the second.
calls = {
    "x86_64": {"unshare": 272, "mount": 165, "ptrace": 101, "bpf": 321, "io_uring_setup": 425, "keyctl": 250, "clone": 56},
    "aarch64": {"unshare": 97, "mount": 40, "ptrace": 117, "bpf": 280, "io_uring_setup": 425, "keyctl": 219, "clone": 220},
}[machine]


class Stopped(Exception):
    """The attempt did not get what it wanted."""


def attempt(name, action):
    if name in sys.argv[3:]:
        return
    try:
        result, detail = "possible", action()
    except BaseException as error:  # a hostile program survives everything it can
        result, detail = "stopped", "{}: {}".format(type(error).__name__, error)
    print(json.dumps({"attempt": name, "result": result, "detail": str(detail)}), flush=True)


def connect(family, address):
    with socket.socket(family) as peer:
        peer.settimeout(1)
        peer.connect(address)
    return "connected"


def read(path):
    with open(path, "rb") as file:
        return "{} bytes".format(len(file.read()))


def write(path):
    existed = os.path.exists(path)
    with open(path, "a"):
        pass
    if not existed:
        os.remove(path)
    return "it could be written"


def syscall(name, *arguments):
    if libc.syscall(calls[name], *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "allowed"


def in_child(action):
    """Run the action in a child, which may be killed for it; return its answer."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = "1" + str(action())
        except BaseException as error:
            answer = "0{}: {}".format(type(error).__name__, error)
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise Stopped("ended by {}".format(signal.Signals(os.WTERMSIG(status)).name))
    if not answer.startswith("1"):
        raise Stopped(answer[1:])
    return answer[1:]


def fork_many():
    children = []
    try:
        for _ in range(CHILDREN):
            child = os.fork()
            if child == 0:
                time.sleep(20)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return "{} children".format(len(children))


def allocate():
    blocks = []
    for _ in range(MEMORY_MIB // 10):
        blocks.append(bytearray(10 * MEBIBYTE))
    return "{} MiB".format(len(blocks) * 10)


def allocate_together():
    """Each child stays below the limit of one process; all of them together do not."""
    children = []
    reader, writer = os.pipe()
    try:
        for _ in range(4):
            child = os.fork()
            if child == 0:
                block = bytearray(MEMORY_MIB // 4 * MEBIBYTE)
                os.write(writer, b"x" if block else b"")
                time.sleep(20)
                os._exit(0)
            children.append(child)
        os.close(writer)
        writer = -1
        done = 0
        while done < len(children):
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended:
                children.remove(ended)
                raise Stopped("one of them was ended ({})".format(status))
            os.set_blocking(reader, False)
            try:
                done += len(os.read(reader, 16))
            except BlockingIOError:
                time.sleep(0.01)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    return "{} MiB".format(MEMORY_MIB)


def fill(folder, names, mebibytes):
    written = []
    try:
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "wb", buffering=0) as file:
                written.append(path)
                for _ in range(mebibytes):
                    if file.write(b"x" * MEBIBYTE) < MEBIBYTE:
                        raise Stopped("the disk is full")
    finally:
        for path in written:
            os.remove(path)
    return "{} MiB".format(len(names) * mebibytes)


def big_file():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return fill(os.environ.get("HOME", "/work"), ["big"], DISK_MIB)


def many_files():
    return fill(os.environ.get("HOME", "/work"), ["file{}".format(index) for index in range(DISK_MIB // 4)], 4)


def temporary_files():
    return fill("/tmp", ["file{}".format(index) for index in range(DISK_MIB // 4)], 4)


def shared_memory():
    return fill("/dev/shm", ["file{}".format(index) for index in range(DISK_MIB // 4)], 4)


def many_descriptors():
    held = []
    try:
        for _ in range(1000):
            held.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for descriptor in held:
            os.close(descriptor)
    return "{} descriptors".format(len(held))


def other_environments():
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    for pid in pids:
        try:
            with open("/proc/{}/environ".format(pid), "rb") as file:
                if b"SIMYARD_SECRET" in file.read():
                    return "that of process {}".format(pid)
        except OSError:
            pass
    raise Stopped("none in sight")


def other_processes():
    seen = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    # Its own, its launchers' and the first of its namespace.
    if len(seen) <= 4:
        raise Stopped("only {} processes in sight, its own".format(len(seen)))
    return "{} processes".format(len(seen))


def folders_of_the_host():
    seen = [path for path in ("/root", "/home", "/var", "/boot", "/mnt", "/srv", "/opt") if os.path.isdir(path) and os.access(path, os.R_OK) and os.listdir(path)]
    if seen:
        return " ".join(seen)
    raise Stopped("none can be listed")


def become_root():
    os.setuid(0)
    return "uid 0"


def spin():
    """The CPU limit of the attempts is a second; the time on the wall is bounded too."""
    end = time.monotonic() + 8
    while time.monotonic() < end:
        pass
    return "8 seconds"


port = int(sys.argv[1])
server_folder = sys.argv[2]
attempt("network: loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("network: outside", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("network: abstract unix socket", lambda: connect(socket.AF_UNIX, "\0simyard-attempts-{}".format(port)))
attempt("files: password file", lambda: read("/etc/passwd"))
attempt("files: shadow file", lambda: read("/etc/shadow"))
attempt("files: folders of the host", folders_of_the_host)
attempt("files: the server's folder", lambda: read(os.path.join(server_folder, "secret")))
attempt("files: change its own program", lambda: write(os.path.abspath(__file__)))
attempt("files: change the system", lambda: write("/usr/bin/simyard-attempt"))
attempt("environment: of the server", other_environments)
attempt("processes: of others", other_processes)
attempt("processes: many", fork_many)
attempt("processes: become root", become_root)
attempt("memory: one process", lambda: in_child(allocate))
attempt("memory: several processes", allocate_together)
attempt("disk: one big file", big_file)
attempt("disk: many files", many_files)
attempt("disk: temporary files", temporary_files)
attempt("disk: shared memory", shared_memory)
attempt("descriptors: 1000", many_descriptors)
attempt("processor: endless loop", lambda: in_child(spin))
attempt("kernel: new user namespace", lambda: syscall("unshare", 0x10000000))
attempt("kernel: new namespace by clone", lambda: in_child(lambda: syscall("clone", 0x10000000 | 17, 0, 0, 0, 0)))
attempt("kernel: mount", lambda: syscall("mount", b"none", b"/tmp", b"tmpfs", 0, 0))
attempt("kernel: ptrace", lambda: syscall("ptrace", 16, 1, 0, 0))
attempt("kernel: bpf", lambda: syscall("bpf", 0, 0, 0))
attempt("kernel: io_uring", lambda: syscall("io_uring_setup", 8, ctypes.create_string_buffer(256)))
attempt("kernel: keyring", lambda: syscall("keyctl", 0, 0))
print(json.dumps({"done": True}), flush=True)
