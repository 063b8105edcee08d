"""The status file: what the runner knows of the container. Always whole, and on disk before it counts."""

import errno
import json
import os
import time

from processes import start_time

PAUSE_SECONDS = 0.5


class Status:
    """The status file at `path`, which only the shim that claimed the container writes.

    A full disk must not end the container: what cannot be written stands there once there is room (`settle`).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.temporary = f"{path}.{os.getpid()}.new"
        self.values: dict[str, object] = {
            "shim": {"pid": os.getpid(), "startTime": start_time(os.getpid())},
            "state": "PENDING",
            "health": "UNKNOWN",
            "restarts": 0,
        }
        self.written = True

    def claim(self) -> None:
        """Creates the file; raises FileExistsError when another has, and then this container is not ours."""
        self._write()
        try:
            os.link(self.temporary, self.path)
        finally:
            os.unlink(self.temporary)

    def update(self, **values: object) -> None:
        """Replaces the file with one that says `values` too, as soon as the disk has room for it."""
        self.values.update(values)
        self.retry()

    def retry(self) -> None:
        """Writes what the file does not say yet, if there is room for it now."""
        try:
            self._write()
            os.rename(self.temporary, self.path)
            self.written = True
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.written = False

    def settle(self) -> None:
        """Waits until the file says everything."""
        while not self.written:
            time.sleep(PAUSE_SECONDS)
            self.retry()

    def _write(self) -> None:
        with open(self.temporary, "w") as file:
            json.dump(self.values, file)
            file.flush()
            os.fsync(file.fileno())
