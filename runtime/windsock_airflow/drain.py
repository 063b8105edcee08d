"""How a worker is let go without losing a task: it follows the pointer, and drains by itself."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping

from windsock_airflow.pointer import PointerReader
from windsock_airflow.protection import TaskProtection
from windsock_airflow.settings import required
from windsock_airflow.storage import Storage

log = logging.getLogger(__name__)

LOOK_SECONDS = 10
PATIENCE_SECONDS = 3
"""How long what a look asks may take to connect, and again to answer: a fork waits for the look to end."""


class Follower:
    """Keeps a worker's ECS task protected, and tells the worker when to take no new task.

    It looks in a thread, so that neither running tasks nor the worker's loop wait for it. Workers fork their
    tasks: a fork waits until a look is over, since a child would inherit the locks that the thread holds.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._queue = required(environment, "WINDSOCK_QUEUE")
        self._generation = int(required(environment, "WINDSOCK_WORKER_GENERATION"))
        storage = Storage(required(environment, "WINDSOCK_STORAGE_URI"), patience_seconds=PATIENCE_SECONDS)
        self._pointer = PointerReader(storage)
        self._protection = TaskProtection(environment.get("ECS_AGENT_URI"))
        self._looking = threading.Lock()
        self._ended = threading.Event()
        self._is_idle = False
        self._released = False

    def start(self, stop_consuming: Callable[[], None], has_work: Callable[[], bool]) -> None:
        """Called before the worker takes work. `stop_consuming` is called once, from any thread, and waits
        for nothing: the worker takes no new task, ends what it runs, calls `end`, and exits with 0.
        `has_work` is asked at each look once the worker's queue was removed: whether it runs a task, or one
        may wait for it."""
        os.register_at_fork(
            before=self._looking.acquire,
            after_in_parent=self._looking.release,
            after_in_child=self._looking.release,
        )
        self._look(stop_consuming, has_work)
        threading.Thread(
            target=self._follow, args=[stop_consuming, has_work], name="drain-follower", daemon=True
        ).start()

    def end(self) -> None:
        """Called when nothing runs any more: gives up the protection."""
        self._ended.set()
        with self._looking:
            self._protection.drop()

    def _follow(self, stop_consuming: Callable[[], None], has_work: Callable[[], bool]) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look(stop_consuming, has_work)

    def _look(self, stop_consuming: Callable[[], None], has_work: Callable[[], bool]) -> None:
        """Whatever goes wrong here, such as a pointer that cannot be read, changes nothing for the worker.

        What is said of it belongs to the look: writing to a stream takes a lock, too.
        """
        with self._looking:
            if self._ended.is_set():
                return
            try:
                self._protection.keep()
                if not self._released and self._is_released(has_work):
                    log.info("This worker takes no new task: its queue moved on or is gone.")
                    self._released = True
                    stop_consuming()
            except Exception:
                log.warning("The deployment's pointer could not be followed; next try in 10 s", exc_info=True)

    def _is_released(self, has_work: Callable[[], bool]) -> bool:
        """Whether the pointer lets the worker go, or has it empty its queue, and nothing is left there.

        That is so at the second look in a row at which there is no work: in the time between them the task
        comes that follows the last one.
        """
        was_idle, self._is_idle = self._is_idle, False
        workers = self._pointer.read().workers
        match workers.order(self._queue, self._generation, time.time()):
            case "work":
                return False
            case "go":
                return True
            case "empty":
                self._is_idle = self._has_no(has_work)
                return was_idle and self._is_idle

    def _has_no(self, has_work: Callable[[], bool]) -> bool:
        """Whether it is known that there is no work; where nobody tells, there may be."""
        try:
            return not has_work()
        except Exception:
            log.warning("Nobody tells what waits in this worker's queue; next try in 10 s", exc_info=True)
            return False
