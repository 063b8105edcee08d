"""Runs a component of Airflow in this very process, so that signals reach it directly."""

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from windsock_airflow.hostname import task_hostname
from windsock_airflow.settings import Component, component_environment

COMMANDS: dict[Component, list[str]] = {
    "api-server": ["api-server", "--proxy-headers"],
    "scheduler": ["scheduler"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}

COLLECTED_EVERY = 50_000
"""Allocations between two garbage collections. At Python's 700, building its routes and models costs the
api-server 8.4 s of CPU before it answers; at 50,000 it costs 6.5, and never collecting would cost 6.1."""

YIELDING: frozenset[Component] = frozenset({"dag-processor", "triggerer", "worker"})
"""What runs a tenant's code yields to the scheduler and the api-server, on which all of it depends, where
they share processors: in the control task, and on one machine, where all start at once, the api-server takes
longest, and a create ends 2.5 s sooner for it."""

FORKING: frozenset[Component] = frozenset({"dag-processor", "worker"})
"""What forks a process for each task or DAG file."""

NICENESS = 10
"""A ninth of the processor time of a process that does not yield, while both have work."""

AUTOGROUP = Path("/proc/self/autogroup")
"""Where Linux shares processors out by session first, and containers have sessions of their own, only this
counts."""


def launch(component: Component, environment: Mapping[str, str], directory: Path) -> None:
    """Runs the component until it ends; raises SettingsError when its environment is not complete.

    The api-server connects to the task logs before it starts: 0.5 of its 5.5 s of CPU, without which the
    first log that somebody opens takes seconds.
    """
    allow_titles()
    os.environ.update(component_environment(component, environment, directory))
    os.environ["WINDSOCK_HOSTNAME"] = task_hostname()
    home = Path(os.environ["AIRFLOW_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    started_marker(home).touch()
    gc.set_threshold(COLLECTED_EVERY)
    if component in YIELDING:
        yield_processors()
    if component in FORKING:
        from windsock_airflow.process_titles import name_processes

        name_processes()
    if component == "worker" and os.environ["WINDSOCK_EXECUTOR"] == "CELERY":
        from windsock_airflow.celery_worker import main
    elif component == "worker":
        from windsock_airflow.edge_worker import main
    else:
        from airflow.__main__ import main

        if component == "api-server":
            from airflow.logging_config import get_remote_task_log

            from windsock_airflow.task_logs import connect_task_logs

            connect_task_logs(get_remote_task_log(), reads=True)
        elif component == "dag-processor":
            from windsock_airflow.dag_files import read_for_their_bundle

            read_for_their_bundle()
        elif component == "triggerer":
            from windsock_airflow.triggers import end_when_blocked

            end_when_blocked()
        sys.argv = ["airflow", *COMMANDS[component]]
    main()


def allow_titles() -> None:
    """Has setproctitle find this process' arguments, which it cannot once the environment was changed.

    By their titles the processes of Airflow's tasks are told apart, in `ps` and when one is out of memory.
    """
    from setproctitle import getproctitle

    getproctitle()


def yield_processors() -> None:
    """Lowers the priority of this process, and of its session, for good."""
    os.nice(NICENESS)
    with suppress(OSError):
        AUTOGROUP.write_text(str(NICENESS))


def started_marker(home: Path) -> Path:
    """A file whose time says when the component was last started: older heartbeats are not its own."""
    return home / "started"
