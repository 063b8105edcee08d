"""Which unpacked bundle versions stay on disk."""

import fcntl
import os
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from airflow.dag_processing.bundles.base import get_bundle_tracking_file

KEPT_SECONDS = 3600
"""A version is kept that long after it was last asked for: longer than any parse of its files takes."""


def touch(folder: Path) -> None:
    """Notes that a version is asked for now."""
    os.utime(folder)


def prune(bundle_name: str, versions: Path, keep: Collection[str | None]) -> None:
    """Removes what nobody asked for in an hour and no running task holds, remains of crashed fetches too.

    Airflow's own clean-up knows only versions that ran tasks, and no edge worker runs it. To be called
    under the bundle's lock. A version that is removed too early would be fetched again.
    """
    now = time.time()
    for folder in versions.iterdir():
        old = now - folder.stat().st_mtime > KEPT_SECONDS
        if old and folder.name not in keep and not is_held(bundle_name, folder.name):
            shutil.rmtree(folder)


def is_held(bundle_name: str, version: str) -> bool:
    """Whether a running task holds the version: it keeps a shared lock on Airflow's tracking file of it."""
    tracking = get_bundle_tracking_file(bundle_name, version)
    try:
        with tracking.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
