"""What an executor of a deployment hands to workers, where Airflow's own hands over something else."""

from pathlib import Path

from airflow.executors.workloads import ExecuteTask
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from sqlalchemy import select
from sqlalchemy.orm import Session


def of_its_version(workload: ExecuteTask, session: Session) -> ExecuteTask:
    """The workload with the path that the DAG's file has in the version of the DAG that the run is of.

    Airflow's has the path of now, where a run that began before a deploy moved the file finds nothing in its
    bundle. A run that is of no bundle's version takes the code of now, and so the path. A run's version of
    the DAG moves with its bundle's, as when it is cleared to run on the newest; not all its tasks' do.
    """
    if workload.bundle_info.version is None:
        return workload
    serialized = SerializedDagModel.__table__.c
    path = session.scalar(
        select(serialized["data"]["dag"]["relative_fileloc"].as_string())
        .join(DagRun, DagRun.created_dag_version_id == serialized.dag_version_id)
        .where(DagRun.dag_id == workload.ti.dag_id, DagRun.run_id == workload.ti.run_id)
    )
    return workload.model_copy(update={"dag_rel_path": Path(path)}) if path else workload
