"""Airflow's edge worker as a deployment runs it.

It is started here rather than by `airflow edge worker`, since that one answers SIGTERM, the only stop
signal that ECS sends, by passing it on to its tasks.
"""

import asyncio
import logging
import os
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from airflow.providers.edge3.cli.api_client import worker_set_state
from airflow.providers.edge3.cli.worker import EdgeWorker
from airflow.providers.edge3.models.edge_worker import EdgeWorkerDuplicateException, EdgeWorkerState
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from windsock_airflow.drain import Follower
from windsock_airflow.health import sign_of_life
from windsock_airflow.hostname import task_hostname
from windsock_airflow.preload import preload
from windsock_airflow.running_logs import RunningLogs
from windsock_airflow.settings import required
from windsock_airflow.waiting import tasks_wait

STOPPED_SECONDS = 5
"""How long a drained worker tries to report to an api-server that may be gone, when it was told to stop."""

RELEASED_SECONDS = 60
"""The same when the pointer released it. A request waits for an api-server that restarts for 30 s, and a job
that it then hands over to a worker that did not wait would be lost."""


class DeploymentWorker(EdgeWorker):
    """Drains when it is told to stop or the pointer releases it, and shows the health check life each second.

    The first sign comes when the api-server has taken its first heartbeat; from then on they do not depend
    on the api-server, without which a worker still ends what it runs.
    """

    def __init__(self, *, home: Path, follower: Follower, running_logs: RunningLogs, **kwargs: Any) -> None:
        super().__init__(pid_file_path=str(home / "edge-worker.pid"), **kwargs)
        self._follower = follower
        self._running_logs = running_logs
        self._sign_of_life = sign_of_life(home)
        self._is_registered = False
        self._patience_seconds = STOPPED_SECONDS

    async def run(self) -> None:
        """Works until it is drained: no new task, and those it runs have ended, however long that takes.

        A task that was being handed over when the drain began is still run. What is left to say to an
        api-server that is gone is given up after a while: Airflow then takes the tasks' own word.
        """
        self._follower.start(self.release, self.has_work)
        self._running_logs.start(lambda: [job.logfile for job in self.jobs])
        working = asyncio.create_task(self.work())
        quiet_seconds = 0
        while quiet_seconds < self._patience_seconds and not (working.done() and not self.background_tasks):
            await asyncio.wait({working, *self.background_tasks}, timeout=1)
            if self._is_registered:
                self._sign_of_life.touch()
            consuming = not self.drain and not working.done()
            running = active_children() or any(job.is_running for job in self.jobs)
            quiet_seconds = 0 if consuming or running else quiet_seconds + 1
        if working.done():
            working.result()
        self._running_logs.end()
        self._follower.end()
        logging.shutdown()
        os._exit(0)

    async def work(self) -> None:
        """Registers and works. Nobody else can have taken its name, which is this ECS task's alone."""
        try:
            await self.start()
        except SystemExit as ended:
            if not isinstance(ended.__context__, EdgeWorkerDuplicateException):
                raise
            await self.sign_off()
            await self.start()

    async def sign_off(self) -> None:
        """Says that the worker of this name is offline: one that was killed did not, nor one that registered
        with an api-server that stopped before it answered."""
        sysinfo = await self._get_sysinfo()
        await worker_set_state(self.hostname, EdgeWorkerState.OFFLINE, 0, self.queues, sysinfo)

    def release(self) -> None:
        """What the follower calls, from its thread: the worker's loop sees it within a tenth of a second."""
        self._patience_seconds = RELEASED_SECONDS
        self.signal_drain()

    def shutdown_handler(self) -> None:
        """What SIGTERM does."""
        self._patience_seconds = STOPPED_SECONDS
        self.signal_drain()

    async def fetch_and_run_job(self) -> None:
        """Airflow's fetches the next job after each, and would go on with that while it drains."""
        if not self.drain:
            await super().fetch_and_run_job()

    def has_work(self) -> bool:
        """What the follower asks, from its thread: whether a job runs, or a task waits for the queue.

        A task waits until it runs, so one that is being fetched shows as well.
        """
        return bool(self.jobs) or tasks_wait(os.environ)

    async def heartbeat(self, new_maintenance_comments: str | None = None) -> bool:
        changed = await super().heartbeat(new_maintenance_comments)
        self._is_registered = True
        return changed


@providers_configuration_loaded
def main() -> None:
    """Runs the worker that the container's environment describes."""
    preload()
    worker = DeploymentWorker(
        home=Path(required(os.environ, "AIRFLOW_HOME")),
        follower=Follower(os.environ),
        running_logs=RunningLogs(os.environ),
        hostname=task_hostname(),
        queues=[required(os.environ, "WINDSOCK_QUEUE")],
        concurrency=int(required(os.environ, "WINDSOCK_WORKER_CONCURRENCY")),
    )
    asyncio.run(worker.run())
