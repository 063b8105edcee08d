"""The DAG bundle that follows the deployment's pointer."""

import hashlib
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion

from windsock_airflow.archive import unpack
from windsock_airflow.bundle_cache import prune, touch
from windsock_airflow.pointer import PointerReader
from windsock_airflow.storage import Storage

log = logging.getLogger(__name__)


class BundleError(Exception):
    """A bundle's content is not what its digest says."""


class PointerBundle(BaseDagBundle):
    """A versioned bundle: a version is the SHA-256 of a tarball in `<storage>/bundles/<digest>.tar.gz`.

    The dag-processor's has no fixed version and follows the pointer on each refresh; a task's is pinned
    to the version its run started with, and needs object storage only where that is not unpacked yet.
    With `patience_seconds` it asks object storage once at a time, and waits no longer for an answer.
    """

    supports_versioning = True

    def __init__(self, *, storage: str, patience_seconds: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._storage = Storage(storage, patience_seconds=patience_seconds)
        self._pointer = PointerReader(self._storage)
        self._digest: str | None = self.version

    def initialize(self) -> None:
        if self.version:
            self._use(self.version)
        else:
            self.refresh()
        super().initialize()

    def refresh(self) -> None:
        """Moves to the bundle the pointer names; on any error the current one stays."""
        if self.version:
            raise BundleError(f"the version of this bundle is fixed to {self.version}")
        digest = self._pointer.read().bundle
        if digest is not None:
            self._use(digest)
        if digest != self._digest:
            log.info("the deployment's bundle is now %s", digest or "none")
        self._digest = digest

    def get_current_version(self) -> BundleVersion | None:
        return BundleVersion(self._digest) if self._digest else None

    @property
    def path(self) -> Path:
        """The unpacked `dags` folder; an empty folder while there are no DAGs."""
        if self._digest:
            return self.versions_dir / self._digest / "dags"
        empty = self.base_dir / "empty"
        empty.mkdir(parents=True, exist_ok=True)
        return empty

    def _use(self, digest: str) -> None:
        """Has the version on disk, kept from pruning, and its root importable (`include` beside `dags`)."""
        folder = self.versions_dir / digest
        with self.lock():
            if not folder.is_dir():
                self._fetch(digest, folder)
                prune(self.name, self.versions_dir, keep={digest, self._digest})
            touch(folder)
        versions = str(self.versions_dir)
        sys.path[:] = [entry for entry in sys.path if not entry.startswith(versions)]
        sys.path.append(str(folder))

    def _fetch(self, digest: str, folder: Path) -> None:
        """Downloads, checks and unpacks a version beside its final place, then renames it there."""
        self.versions_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=self.versions_dir) as temporary:
            archive = Path(temporary) / "bundle.tar.gz"
            content = hashlib.sha256()
            with archive.open("wb") as file:
                for chunk in self._storage.stream(f"bundles/{digest}.tar.gz"):
                    content.update(chunk)
                    file.write(chunk)
            if content.hexdigest() != digest:
                raise BundleError(
                    f"bundle {digest} holds other content: its SHA-256 is {content.hexdigest()}"
                )
            unpacked = Path(temporary) / "unpacked"
            unpacked.mkdir(mode=0o755)
            unpack(archive, unpacked)
            unpacked.rename(folder)
