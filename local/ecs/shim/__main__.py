"""Runs one ECS container as processes, and outlives the runner that asked for it.

Started as `python3 -I -S <this folder>` with the container's specification as JSON on standard input: what is
secret in it never touches the disk. It claims the container by creating the status file, which only one shim
can, starts the command in a session of its own, writes its output to the log, checks its health, watches its
memory, restarts it by its restart policy, and ends with the status file saying how the container ended.
SIGTERM asks it to stop the container. As a subreaper it is the ancestor of every process of the container,
those that made themselves daemons too, and none of them is left when it ends.

Only the standard library, and little of it: there is one shim for every container.
"""

import ctypes
import json
import os
import signal
import sys

from container import Container, epoch_milliseconds
from status import Status

PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    spec = json.load(sys.stdin)
    close_inherited()
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    os.chdir(spec["folder"])
    status = Status(spec["status"])
    container = Container(spec, status)
    status.claim()
    fall_silent()
    try:
        container.run()
    except Exception as error:
        container.end_descendants()
        reason = f"The supervisor of the container failed: {error!r}"
        status.update(state="STOPPED", reason=reason, finishedAt=epoch_milliseconds())
        status.settle()


def close_inherited() -> None:
    """Files that were left open when the runner was started: a container that outlives it would hold them."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def fall_silent() -> None:
    """The runner that listens to this process may end at any time."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


main()
