"""What waits for the workers of a queue, as Airflow's own database knows it."""

from collections.abc import Mapping

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from windsock_airflow.drain import PATIENCE_SECONDS
from windsock_airflow.settings import database_url, required

WAIT = text(
    "SELECT EXISTS (SELECT FROM task_instance WHERE queue = :queue AND state IN ('scheduled', 'queued'))"
)


def tasks_wait(environment: Mapping[str, str]) -> bool:
    """Whether any task of the worker's queue is queued, or scheduled: held back, say, by a full pool, and not
    handed over to an executor yet.

    Asked from a thread of a process that forks, hence with a connection that is closed when it returns.
    """
    engine = create_engine(
        database_url(environment),
        poolclass=NullPool,
        connect_args={
            "connect_timeout": PATIENCE_SECONDS,
            "options": f"-c statement_timeout={PATIENCE_SECONDS * 1000}",
        },
    )
    with engine.connect() as connection:
        return bool(connection.execute(WAIT, {"queue": required(environment, "WINDSOCK_QUEUE")}).scalar())
