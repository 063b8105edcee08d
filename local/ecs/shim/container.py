"""The container: its main process and all below it, from the start to the last exit."""

import os
import select
import signal
import time

from health import Health
from log import Log
from memory import largest, name_of, resident_bytes, used_bytes
from processes import descendants, send, spawn
from status import Status

MEMORY_SECONDS = 1.0
MIB = 1024 * 1024
STATUS_SECONDS = 1.0
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


def epoch_milliseconds() -> int:
    return int(time.time() * 1000)


class Container:
    """Runs what `spec` says (see ContainerSpec in shim.ts) and writes what happens to `status`."""

    def __init__(self, spec: dict, status: Status) -> None:
        self.spec = spec
        self.status = status
        self.log = Log(spec["log"], spec["rotateBytes"])
        self.health: Health | None = None
        self.main = 0
        self.exit_code: int | None = None
        self.reason: dict[str, str] = {}
        self.stop_asked = False
        self.stop_at: float | None = None
        self.kill_at: float | None = None
        self.memory_due = 0.0
        self.killed: set[int] = set()
        self.output, self.input = os.pipe()
        self.wake, wake_writer = os.pipe()
        for descriptor in (self.output, self.wake, wake_writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        self.poller = select.poll()
        self.poller.register(self.wake, select.POLLIN)
        self.poller.register(self.output, select.POLLIN)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.stop_asked = True

    def run(self) -> None:
        """Runs the command, again as often as its restart policy says, and tells how it ended."""
        restarts = 0
        while True:
            begun = time.monotonic()
            ending = self._run_once(restarts)
            self.end_descendants()
            self._drain()
            if not self._may_restart(time.monotonic() - begun):
                break
            restarts += 1
        self.log.finish()
        self.status.update(state="STOPPED", finishedAt=epoch_milliseconds(), **ending)
        self.status.settle()

    def end_descendants(self) -> None:
        """SIGKILL to all that is left of the container, until nothing is."""
        pause = 0.002
        while True:
            self._reap()
            left = descendants(os.getpid())
            if not left:
                return
            for pid in left:
                send(pid, signal.SIGKILL)
            time.sleep(pause)
            pause = min(pause * 2, 0.1)

    def _may_restart(self, ran_seconds: float) -> bool:
        policy = self.spec["restartPolicy"]
        return (
            policy is not None
            and not self.stop_asked
            and self.exit_code is not None
            and self.exit_code not in policy["ignoredExitCodes"]
            and ran_seconds >= policy["restartAttemptPeriod"]
        )

    def _run_once(self, restarts: int) -> dict[str, object]:
        """Runs the command to its end: {exitCode, reason?}, or only a reason when it did not start."""
        self.exit_code = None
        self.reason = {}
        if self.stop_asked:
            return {"reason": "Stopped before it started"}
        try:
            self.main = spawn(self.spec["command"], self.spec["environment"], self.input)
        except OSError as error:
            reason = f"{error.strerror or error}: {self.spec['command'][0]}"
            return {"reason": f"CannotStartContainerError: {reason}"}
        now = time.monotonic()
        self.memory_due = now
        self.status.update(
            state="RUNNING", health="UNKNOWN", restarts=restarts, startedAt=epoch_milliseconds()
        )
        check = self.spec["healthCheck"]
        self.health = Health(check, self.spec["environment"], now, self._tell_health) if check else None
        while self.exit_code is None:
            self._wait()
            self._reap()
            if self.exit_code is None:
                self._act(time.monotonic())
        return {"exitCode": self.exit_code, **self.reason}

    def _wait(self) -> None:
        """Until a process ends, a stop is asked for, there is output, or something is due."""
        if self.stop_asked and self.stop_at is None:
            return
        stop_due = self.stop_at if self.kill_at is None else self.kill_at
        dues = [stop_due] if stop_due is not None else []
        if self.spec["memoryBytes"]:
            dues.append(self.memory_due)
        if self.health and not self.stop_asked:
            dues.append(self.health.due)
        if not self.status.written:
            dues.append(time.monotonic() + STATUS_SECONDS)
        timeout = max(0.0, min(dues) - time.monotonic()) * 1000 if dues else None
        for descriptor, _ in self.poller.poll(timeout):
            if descriptor == self.wake:
                os.read(self.wake, 4096)
            else:
                self.log.feed(os.read(self.output, 64 * 1024))

    def _reap(self) -> None:
        """Takes the exit of every process that has ended, those that were left to the subreaper too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code
            if pid == self.main:
                self.exit_code = code
            elif self.health and pid == self.health.pid:
                self.health.ended(code, time.monotonic())

    def _act(self, now: float) -> None:
        """What is due: the stop signal or its timeout, a health check, a look at the memory."""
        if self.stop_asked and self.stop_at is None:
            self.stop_at = now + self.spec["stopDelay"]
        if self.stop_at is not None and self.kill_at is None and now >= self.stop_at:
            send(self.main, signal.SIGTERM)
            self.kill_at = now + self.spec["stopTimeout"]
        elif self.kill_at is not None and now >= self.kill_at:
            self.end_descendants()
        elif self.health and not self.stop_asked:
            self.health.advance(now)
        if not self.status.written:
            self.status.retry()
        limit = self.spec["memoryBytes"]
        if limit and now >= self.memory_due:
            self.memory_due = now + MEMORY_SECONDS
            self._watch_memory(limit)

    def _watch_memory(self, limit: int) -> None:
        """Over its limit it loses its largest process, as to the kernel; with the main process it ends.

        A process that was killed keeps its memory until it is gone, which may take longer than a look.
        """
        pids = descendants(os.getpid())
        self.killed.intersection_update(pids)
        used = used_bytes(pids, self.main, limit)
        if used <= limit:
            return
        pid = largest(pids)
        if pid in self.killed:
            return
        self.killed.add(pid)
        self.log.tell(
            f"OutOfMemoryError: killed process {pid} ({name_of(pid)}),"
            f" which used {resident_bytes(pid) // MIB} MiB;"
            f" all of this container's used {used // MIB} of {limit // MIB} MiB"
        )
        if pid == self.main:
            self.reason = {"reason": OUT_OF_MEMORY}
        send(pid, signal.SIGKILL)

    def _tell_health(self, health: str, output: str) -> None:
        self.status.update(health=health, healthOutput=output)

    def _drain(self) -> None:
        """The last output, which the pipe still holds."""
        while True:
            try:
                self.log.feed(os.read(self.output, 64 * 1024))
            except BlockingIOError:
                return
