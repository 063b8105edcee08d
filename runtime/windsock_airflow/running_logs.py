"""Copies what running tasks have written to object storage, beside their final logs.

Airflow reads all objects whose keys begin with the name of a log, while its task runs and after, so that it
shows a copy from any api-server.
"""

import io
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from windsock_airflow.settings import required
from windsock_airflow.storage import Storage

log = logging.getLogger(__name__)

SAID_WHILE_RUNNING = (
    "While a task runs, its log is shown as it was some seconds ago, and longer ago when it has many MiB."
)
"""What an executor says of the log of a task that runs. Airflow's own say nothing, so that it asks the task's
worker by a name and port that lead nowhere, and shows that error."""

SUFFIX = ".running"
"""What the key of a copy has beyond that of the final log."""

LOOK_SECONDS = 0.5
"""For so long a copy and the final log are both there, and lines may be shown twice."""

COPY_SECONDS = 5
"""A task that ends sooner is not copied at all. The same again for each further MiB of a log, which is copied
as a whole: 200 KiB/s at most."""

PATIENCE_SECONDS = 3
"""How long object storage may take to be connected, and again to answer."""

FORK_SECONDS = 1
"""How long a fork waits for what is being asked of object storage."""

END_SECONDS = 5
"""How long a worker that has ended its tasks waits for the last look."""


@dataclass
class Copy:
    """What is known of the copy of a log: when that was copied last, or first seen, by a clock that only goes
    forward; how many bytes the copy has; whether there may be one, as after a try that failed."""

    at: float
    size: int = 0
    may_exist: bool = False


def to_do(copy: Copy, size: int | None, now: float) -> Literal["copy", "delete", "forget", "wait"]:
    """What to do about a log of so many bytes, or about one that is gone: Airflow removes it once it stored
    it as a whole. What a killed worker left behind stays, and so does its copy."""
    if size is None:
        return "delete" if copy.may_exist else "forget"
    if size == copy.size or now - copy.at < COPY_SECONDS * max(1, size / (1 << 20)):
        return "wait"
    return "copy"


class Beginning(io.FileIO):
    """The first bytes of a file that may grow meanwhile."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self._size - self.tell())
        return super().read(rest if size is None or size < 0 else min(size, rest)) or b""

    def seek(self, pos: int, whence: int = os.SEEK_SET, /) -> int:
        return super().seek(self._size + pos) if whence == os.SEEK_END else super().seek(pos, whence)


class RunningLogs:
    """Keeps the copies, in a thread: neither the worker nor its tasks wait for it or fail with it.

    Workers fork their tasks. A fork waits a moment for what is being asked of object storage, lest the child
    inherits a lock that the thread holds: of a library, or of a stream that it writes to. What takes longer
    waits for the network, and holds none that a child needs; the client has a session of its own for that.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = Path(required(environment, "AIRFLOW__LOGGING__BASE_LOG_FOLDER"))
        uri = required(environment, "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER")
        self._storage = Storage(uri, patience_seconds=PATIENCE_SECONDS, own_session=True)
        self._copies: dict[Path, Copy] = {}
        self._asking = threading.Lock()
        self._forking = threading.local()
        self._ended = threading.Event()
        self._fails = False
        self._thread: threading.Thread | None = None

    def start(self, running: Callable[[], Iterable[str | Path]]) -> None:
        """Called before the worker takes work. `running` names the logs of the tasks that run, by their paths
        below Airflow's folder of logs, and is asked from the thread. Logs that a worker left behind which was
        killed there are copied once more."""
        _ = self._storage.client  # A child must not inherit the lock under which it is made.
        os.register_at_fork(
            before=self._begin_fork, after_in_parent=self._end_fork, after_in_child=self._be_child
        )
        self._thread = threading.Thread(target=self._follow, args=[running], name="running-logs", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Called when nothing runs any more: looks once more, so that the last copies go."""
        self._ended.set()
        if self._thread:
            self._thread.join(END_SECONDS)

    def _begin_fork(self) -> None:
        self._forking.waited = self._asking.acquire(timeout=FORK_SECONDS)

    def _end_fork(self) -> None:
        if self._forking.waited:
            self._asking.release()

    def _be_child(self) -> None:
        self._asking = threading.Lock()

    def _follow(self, running: Callable[[], Iterable[str | Path]]) -> None:
        for folder, _, names in os.walk(self._folder):
            self._add(Path(folder, name) for name in names if name.endswith(".log"))
        seconds = LOOK_SECONDS
        while not self._ended.wait(seconds):
            seconds = LOOK_SECONDS if self._look(running, time.monotonic()) else COPY_SECONDS
        self._look(running, math.inf)

    def _add(self, logs: Iterable[str | Path]) -> None:
        for path in logs:
            self._copies.setdefault(self._folder / path, Copy(time.monotonic()))

    def _look(self, running: Callable[[], Iterable[str | Path]], now: float) -> bool:
        """Does what is to do, what waits longest first, until something goes wrong; whether nothing did.

        What is said of it belongs to what a fork waits for: writing to a stream takes a lock, too.
        """
        try:
            did = False
            self._add(running())
            for path, copy in sorted(self._copies.items(), key=lambda item: item[1].at):
                size = size_of(path)
                match to_do(copy, size, now):
                    case "copy" | "delete":
                        with self._asking:
                            self._replace(path, copy, size)
                        did = True
                        time.sleep(0.001)  # A fork that waits goes first.
                    case "forget":
                        del self._copies[path]
                    case "wait":
                        pass
        except Exception:
            with self._asking:
                if not self._fails:
                    log.warning("The logs of running tasks cannot be copied; tried each 5 s", exc_info=True)
            self._fails = True
            return False
        if did and self._fails:
            with self._asking:
                log.info("The logs of running tasks are copied again")
            self._fails = False
        return True

    def _replace(self, path: Path, copy: Copy, size: int | None) -> None:
        """Copies the log's first bytes, or deletes the copy of one that is gone."""
        name = f"{path.relative_to(self._folder)}{SUFFIX}"
        copy.at = time.monotonic()
        if size is None:
            self._storage.delete(name)
            del self._copies[path]
        else:
            try:
                content = Beginning(path, size)
            except FileNotFoundError:
                return
            copy.may_exist = True
            with content:
                self._storage.write(name, content)
            copy.size = size
            copy.at = time.monotonic()


def size_of(path: Path) -> int | None:
    """Bytes of a file; None when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
