"""Processes as /proc shows them, and how they are started and ended."""

import os
import signal

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def read_proc(path: str) -> bytes:
    """The content of a file under /proc, empty when its process has ended."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def start_time(pid: int) -> int:
    """When a process started, in clock ticks after boot: with its pid it is one process for sure."""
    return int(read_proc(f"/proc/{pid}/stat").rpartition(b")")[2].split()[19])


def descendants(pid: int) -> list[int]:
    """The pids of all processes below `pid`."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []
    found: list[int] = []
    for thread in threads:
        for child in map(int, read_proc(f"/proc/{pid}/task/{thread}/children").split()):
            found += [child, *descendants(child)]
    return found


def ancestors(pid: int) -> list[int]:
    """The pids of the processes above `pid` and below this one, the nearest first."""
    found: list[int] = []
    while True:
        fields = read_proc(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        pid = int(fields[1]) if fields else 0
        if pid in (0, 1, os.getpid()):
            return found
        found.append(pid)


def send(pid: int, number: int) -> None:
    """Sends a signal to a process, which may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def spawn(command: list[str], environment: dict[str, str], output: int) -> int:
    """Starts a command in a session of its own, its output into the descriptor `output`; its pid.

    Raises OSError when it cannot be executed.
    """
    return os.posix_spawn(
        executable(command[0], environment),
        command,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGINT],
    )


def executable(name: str, environment: dict[str, str]) -> str:
    """The path of a command, searched on the container's PATH as execvp does."""
    if "/" in name:
        return name
    for folder in environment.get("PATH", "").split(":"):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f'"{name}": executable file not found in $PATH')
