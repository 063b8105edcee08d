"""DAG files that the dag-processor reads while the bundle moves on."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic
from typing import Any

import attrs
from airflow.callbacks.callback_requests import CallbackRequest
from airflow.cli.commands import dag_processor_command
from airflow.dag_processing.bundles.base import BaseDagBundle
from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager

AGAIN_SECONDS = 30
"""After so long what could not be read is read again: Airflow's own `min_file_process_interval`."""

ENDED_SECONDS = 0.02
"""How soon it is seen that a process has read its file: 300 small ones took 34 instead of 75 s."""


@attrs.define(kw_only=True)
class DeploymentFileProcessorManager(DagFileProcessorManager):
    """Reads every file of each bundle, and takes what was read for the bundle that it was read from alone.

    Airflow's would write it down as the newest bundle's. And it reads a file again only after
    `min_file_process_interval`, or when it is younger than what was read of it, which those of a bundle
    that is rolled back to are not. Until then a DAG would have the schedule, the tasks and the code of the
    bundle before.
    """

    _read_paths: dict[str, Path] = attrs.field(factory=dict, init=False)

    def _add_new_files_to_queue(self, known_files: dict[str, set[DagFileInfo]]) -> None:
        """Has all files of a bundle that moved be read next."""
        super()._add_new_files_to_queue(known_files)
        for bundle in self._dag_bundles:
            if self._read_paths.get(bundle.name) == bundle.path:
                continue
            self._read_paths[bundle.name] = bundle.path
            files = sorted(known_files.get(bundle.name, ()), key=lambda file: file.rel_path, reverse=True)
            self._add_files_to_queue(files, mode="frontprio")

    def prepare_file_queue(self, known_files: dict[str, set[DagFileInfo]]) -> None:
        """Has files that could not be read be read again soon: until then no DAG of theirs has a new run."""
        due = datetime.now(timezone.utc) - timedelta(seconds=AGAIN_SECONDS)
        for stat in self._file_stats.values():
            if stat.import_errors and stat.last_finish_time and stat.last_finish_time < due:
                stat.last_finish_time = None
        super().prepare_file_queue(known_files)

    def _service_processor_sockets(self, timeout: float | None = 1.0) -> None:
        """Listens to what the reading processes say until one has ended, or the time is over.

        Airflow's goes around its whole loop, with seven queries, for each word of them: four times a file.
        And the end of a process says nothing: that of the only one would be seen up to a second later.
        """
        until = monotonic() + (timeout or 0)
        while True:
            left = max(0, until - monotonic())
            super()._service_processor_sockets(timeout=min(left, ENDED_SECONDS) if self._processors else left)
            if monotonic() >= until or any(process.is_ready for process in self._processors.values()):
                return

    def handle_parsing_result(self, file: DagFileInfo, proc: Any, **kwargs: Any) -> None:
        """Has a file of a bundle that was left read again, next of all; a callback is of its own bundle."""
        [path] = [bundle.path for bundle in self._dag_bundles if bundle.name == file.bundle_name]
        if file.bundle_version is not None or file.bundle_path == path:
            super().handle_parsing_result(file, proc, **kwargs)
        elif (path / file.rel_path).exists():
            newest = DagFileInfo(rel_path=file.rel_path, bundle_name=file.bundle_name, bundle_path=path)
            self._add_files_to_queue([newest], mode="frontprio")
        if file in self._callback_to_execute:  # It came while the file was read, and was put aside for that.
            self._add_files_to_queue([file], mode="front")

    def prepare_callback_bundle(self, request: CallbackRequest) -> BaseDagBundle | None:
        """Has a callback of a run that is of no version run in the bundle of now; Airflow fetches none."""
        if request.bundle_version is None:
            for bundle in self._dag_bundles:
                if bundle.name == request.bundle_name:
                    return bundle
        return super().prepare_callback_bundle(request)


def read_for_their_bundle() -> None:
    """Has the dag-processor that this process runs be one that does so."""
    name = DagFileProcessorManager.__name__
    setattr(dag_processor_command, name, DeploymentFileProcessorManager)
