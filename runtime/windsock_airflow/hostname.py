"""The name under which the processes of a task are known to Airflow."""

import os
import socket
from pathlib import Path


def task_hostname() -> str:
    """`<host>-<task>`: unique where tasks of ECS share a host, and that on one machine names the task.

    Elsewhere a task has a host of its own, and the working directory stands for it. Airflow calls it through
    `[core] hostname_callable`. The launcher fixes it in WINDSOCK_HOSTNAME, since a task of Airflow may change
    its working directory and its environment.
    """
    if fixed := os.environ.get("WINDSOCK_HOSTNAME"):
        return fixed
    task = os.environ.get("ECS_TASK_ARN", "").rpartition("/")[2] or Path.cwd().name
    return f"{socket.gethostname()}-{task}"
