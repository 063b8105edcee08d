"""Airflow's Celery executor as a deployment runs it: executor CELERY."""

from collections.abc import Sequence

from airflow.executors.workloads import ExecuteTask, ExecutorWorkload
from airflow.models.taskinstance import TaskInstance
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from airflow.utils.state import TaskInstanceState
from sqlalchemy.orm import Session

from windsock_airflow.running_logs import SAID_WHILE_RUNNING
from windsock_airflow.workloads import of_its_version


class DeploymentCeleryExecutor(CeleryExecutor):
    """Takes over from the edge executor, whose workers end what they run and take nothing more."""

    def queue_workload(self, workload: ExecutorWorkload, session: Session) -> None:
        if isinstance(workload, ExecuteTask):
            workload = of_its_version(workload, session)
        super().queue_workload(workload, session)

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
        return [SAID_WHILE_RUNNING], []
