"""Airflow's edge executor as a deployment runs it: executor ASTRO."""

from collections.abc import Sequence

from airflow.executors.workloads import All, ExecuteTask
from airflow.models.taskinstance import TaskInstance
from airflow.providers.edge3.executors.edge_executor import EdgeExecutor
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from windsock_airflow.running_logs import SAID_WHILE_RUNNING
from windsock_airflow.workloads import of_its_version


class DeploymentEdgeExecutor(EdgeExecutor):
    """Keeps to `parallelism`, and takes over from the Celery executor, whose workers end what they run and
    take nothing more."""

    def queue_workload(self, workload: All, session: Session) -> None:
        """Airflow's own has a task take as many slots of its worker as of its pool; here it takes one."""
        if isinstance(workload, ExecuteTask):
            one_slot = workload.ti.model_copy(update={"pool_slots": 1})
            workload = of_its_version(workload, session).model_copy(update={"ti": one_slot})
        super().queue_workload(workload, session)

    @property
    def slots_occupied(self) -> int:
        """How many tasks its scheduler has queued that have not ended, where Airflow's own counts none.

        In a session of its own: the scheduler asks amid a transaction that nobody else may commit.
        """
        with create_session(scoped=False) as session:
            own = select(func.count()).where(
                TaskInstance.queued_by_job_id == self.job_id,
                TaskInstance.state.in_((TaskInstanceState.QUEUED, TaskInstanceState.RUNNING)),
            )
            return session.scalar(own) or 0

    @property
    def slots_available(self) -> int:
        return self.parallelism - self.slots_occupied

    def try_adopt_task_instances(self, tis: Sequence[TaskInstance]) -> Sequence[TaskInstance]:
        """Gives back, to be queued again, what was queued to Celery: that alone has an id of an executor.

        What runs is left alone, wherever that is: it reports to the api-server by itself.
        """
        queued = [ti for ti in tis if ti.state == TaskInstanceState.QUEUED]
        return [ti for ti in queued if ti.external_executor_id is not None]

    def get_task_log(self, ti: TaskInstance, try_number: int) -> tuple[list[str], list[str]]:
        return [SAID_WHILE_RUNNING], []
