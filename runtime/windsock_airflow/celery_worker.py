"""Airflow's Celery worker as a deployment runs it.

It is started here rather than by `airflow celery worker`, which serves logs at a port of its own, and has
no sign of life that a health check could read without asking every worker over the broker.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any, cast

from airflow.sdk.log import configure_logging
from airflow.utils.providers_configuration_loader import providers_configuration_loaded
from celery import Celery, bootsteps
from celery.platforms import EX_OK
from celery.worker import state
from celery.worker.consumer import Consumer
from sqlalchemy.pool import NullPool

from windsock_airflow.drain import Follower
from windsock_airflow.health import sign_of_life
from windsock_airflow.hostname import task_hostname
from windsock_airflow.preload import preload
from windsock_airflow.running_logs import RunningLogs
from windsock_airflow.settings import required
from windsock_airflow.waiting import tasks_wait


class SignOfLife(bootsteps.StartStopStep):
    """Touches a file each second, from the first time on that the worker consumes.

    The worker's loop does it; while the loop is away, which waits for a broker that is gone or for the last
    tasks of a worker that drains, a thread does: a worker that runs tasks must not be replaced for that.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Consumer, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._file = sign_of_life(Path(required(os.environ, "AIRFLOW_HOME")))
        self._loop_is_away = False
        Thread(target=self._stand_in, name="sign-of-life", daemon=True).start()

    def register_with_event_loop(self, parent: Consumer, hub: Any) -> None:
        """Called whenever the loop begins, the broker being connected."""
        self._loop_is_away = False
        self._file.touch()
        hub.timer.call_repeatedly(1, self._file.touch)

    def stop(self, parent: Consumer) -> None:
        """Called whenever it ended: the connection is lost, or the worker drains."""
        self._loop_is_away = True

    def _stand_in(self) -> None:
        while True:
            sleep(1)
            if self._loop_is_away:
                self._file.touch()


def prepared(app: Celery) -> Celery:
    """The app as a worker needs it beside what Airflow's settings say.

    It waits for its broker as long as it takes. A result is written through a connection of its own, for
    each of the worker's processes would else keep one open.
    """
    app.conf.broker_connection_max_retries = None
    app.conf.database_engine_options = {"poolclass": NullPool}
    steps = cast("dict[str, set[type[bootsteps.Step]]]", app.steps)  # its class says None
    steps["consumer"].add(SignOfLife)
    return app


def stop_consuming() -> None:
    """What SIGTERM does, from any thread: the worker's loop looks at it each second."""
    state.should_stop = EX_OK


def has_work(environment: Mapping[str, str]) -> bool:
    """Whether the worker has taken a message that it has not ended, or a task waits for its queue.

    What is reserved is forgotten when the broker's connection is lost; what runs is active all the same.
    """
    return bool(state.reserved_requests or state.active_requests) or tasks_wait(environment)


def running_logs() -> list[str]:
    """The paths of the logs of the tasks that the worker has, below Airflow's folder of logs. Asked from any
    thread: the dictionary is copied at once, which Celery's sets of requests cannot be."""
    workloads = [json.loads(request.args[0]) for request in list(state.requests.values())]
    return [workload["log_path"] for workload in workloads if workload.get("log_path")]


@providers_configuration_loaded
def main() -> None:
    """Runs the worker that the container's environment describes.

    On SIGTERM, or once the pointer releases it, it takes no new task, ends those it runs, however long that
    takes, and exits with 0. Workers need no word of each other: no gossip, mingling or heartbeats over the
    broker.
    """
    preload()
    from airflow.providers.celery.executors.celery_executor_utils import app

    configure_logging(output=sys.stdout.buffer)
    follower = Follower(os.environ)
    logs = RunningLogs(os.environ)
    worker = prepared(app).Worker(
        hostname=f"celery@{task_hostname()}",
        queues=[required(os.environ, "WINDSOCK_QUEUE")],
        concurrency=int(required(os.environ, "WINDSOCK_WORKER_CONCURRENCY")),
        optimization="fair",
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    follower.start(stop_consuming, lambda: has_work(os.environ))
    logs.start(running_logs)
    worker.start()
    logs.end()
    follower.end()
    sys.exit(worker.exitcode)
