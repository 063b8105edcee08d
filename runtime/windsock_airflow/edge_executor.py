"""Airflow's edge executor as a deployment runs it: executor ASTRO."""

from collections.abc import Sequence

from airflow.models.taskinstance import TaskInstance
from airflow.providers.edge3.executors.edge_executor import EdgeExecutor
from airflow.utils.state import TaskInstanceState


class DeploymentEdgeExecutor(EdgeExecutor):
    """Takes over from the Celery executor, whose workers end what they run and take nothing more."""

    def try_adopt_task_instances(self, tis: Sequence[TaskInstance]) -> Sequence[TaskInstance]:
        """Gives back, to be queued again, what was queued to Celery: that alone has an id of an executor.

        What runs is left alone, wherever that is: it reports to the api-server by itself.
        """
        queued = [ti for ti in tis if ti.state == TaskInstanceState.QUEUED]
        return [ti for ti in queued if ti.external_executor_id is not None]
