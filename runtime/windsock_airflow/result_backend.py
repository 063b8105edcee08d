"""Where Celery keeps how tasks ended: two tables in the deployment's database, and a role for them alone."""

from psycopg2.extensions import connection

from windsock_airflow.postgres import execute

TABLES = ("celery_taskmeta", "celery_tasksetmeta")
SEQUENCES = ("task_id_sequence", "taskset_id_sequence")


def make_result_tables(url: str) -> None:
    """Makes Celery's own tables in the database at this SQLAlchemy URL, unless they are there."""
    from celery.backends.database.models import ResultModelBase
    from sqlalchemy import create_engine

    engine = create_engine(url)
    ResultModelBase.metadata.create_all(engine)
    engine.dispose()


def has_result_tables(inside: connection) -> bool:
    """Whether the database of this connection has them; one that was made by an earlier platform has not."""
    with inside.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", (TABLES[0],))
        row = cursor.fetchone()
    return row is not None and row[0] is not None


def grant_results(inside: connection, database: str, role: str) -> None:
    """Lets the role enter the database and change those tables' rows."""
    execute(inside, "GRANT CONNECT ON DATABASE {} TO {}", database, role)
    for table in TABLES:
        execute(inside, "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}", table, role)
    for sequence in SEQUENCES:
        execute(inside, "GRANT USAGE ON SEQUENCE {} TO {}", sequence, role)
