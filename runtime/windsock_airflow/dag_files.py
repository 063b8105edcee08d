"""DAG files that the dag-processor reads while the bundle moves on."""

from typing import Any

from airflow.cli.commands import dag_processor_command
from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager


class DeploymentFileProcessorManager(DagFileProcessorManager):
    """Takes what was read of a file for the bundle that it was read from, and no other.

    Airflow's would write it down as the newest bundle's, and read the file again only after
    `min_file_process_interval`: until then a DAG would have the schedule and the tasks of the bundle before.
    """

    def handle_parsing_result(self, file: DagFileInfo, proc: Any, **kwargs: Any) -> None:
        """Has a file of a bundle that was left read again, next of all; a callback is of its own bundle."""
        [path] = [bundle.path for bundle in self._dag_bundles if bundle.name == file.bundle_name]
        if file.bundle_version is not None or file.bundle_path == path:
            super().handle_parsing_result(file, proc, **kwargs)
        elif (path / file.rel_path).exists():
            newest = DagFileInfo(rel_path=file.rel_path, bundle_name=file.bundle_name, bundle_path=path)
            self._add_files_to_queue([newest], mode="frontprio")


def read_for_their_bundle() -> None:
    """Has the dag-processor that this process runs be one that does so."""
    name = DagFileProcessorManager.__name__
    setattr(dag_processor_command, name, DeploymentFileProcessorManager)
