"""Airflow's Celery executor as a deployment runs it: executor CELERY."""

from collections.abc import Sequence

from airflow.models.taskinstance import TaskInstance
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from airflow.utils.state import TaskInstanceState


class DeploymentCeleryExecutor(CeleryExecutor):
    """Takes over from the edge executor, whose workers end what they run and take nothing more."""

    def try_adopt_task_instances(self, tis: Sequence[TaskInstance]) -> Sequence[TaskInstance]:
        """Gives back, to be queued again, what was queued to edge workers: it has no id of Celery's.

        Airflow's own gives back what runs there too, which would end it and run it again. It is left
        alone: it reports to the api-server by itself.
        """
        own = [ti for ti in tis if ti.external_executor_id is not None]
        others = [ti for ti in tis if ti.external_executor_id is None]
        return [
            *(super().try_adopt_task_instances(own) if own else []),
            *(ti for ti in others if ti.state == TaskInstanceState.QUEUED),
        ]

    def get_task_log(self, ti: TaskInstance, try_number: int) -> tuple[list[str], list[str]]:
        """What the log of a task says while it runs: that there is none yet.

        Airflow's own asks the task's worker by a name and port that lead nowhere, and shows that error.
        """
        return ["The log is shown once the task has ended, for it is stored then."], []
