"""The titles of the processes that run a tenant's code: by them `ps`, and who is told that one of them took
too much memory, know which task or DAG file it was."""

import re
import sys

from airflow import settings
from airflow.policies import hookimpl
from setproctitle import setproctitle
from structlog.contextvars import get_contextvars

BUNDLE_VERSION = re.compile(r".*/[0-9a-f]{64}/")
"""Where an unpacked bundle lies: the path of a file in its bundle is what stands behind it."""


@hookimpl(tryfirst=True)
def get_dagbag_import_timeout(dag_file_path: str) -> None:
    """Airflow asks its policies for this before it imports a DAG file, in the process that does so. None
    leaves the answer to others.

    A task's process has bound its ids for its log by then; the title that Airflow gave it has none of them
    but that of the task instance. What finds no room in a title is cut at the end.
    """
    bound = get_contextvars()
    if "task_id" in bound:
        setproctitle(f"airflow worker -- {bound['dag_id']} {bound['task_id']} {bound['run_id']}")
    else:
        setproctitle(f"airflow dag file -- {BUNDLE_VERSION.sub('', dag_file_path)}")


def name_processes() -> None:
    """Has the processes named that this one forks."""
    settings.get_policy_plugin_manager().register(sys.modules[__name__])
