"""The name under which the processes of a task are known to Airflow."""

import os
import socket
from pathlib import Path


def task_hostname() -> str:
    """`<host>-<working directory>`: unique where tasks share a host, and where they share an image's folders.

    Airflow calls it through `[core] hostname_callable`. The launcher fixes it in WINDSOCK_HOSTNAME, since
    a task of Airflow may change its working directory.
    """
    return os.environ.get("WINDSOCK_HOSTNAME") or f"{socket.gethostname()}-{Path.cwd().name}"
