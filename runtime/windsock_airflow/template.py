"""The template database of a runtime version: migrated once in 5 s, then copied in 0.2 s."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg2.extensions import connection

from windsock_airflow.postgres import Server, ensure_role, execute, exists
from windsock_airflow.result_backend import make_result_tables

TEMPLATE_ROLE = "windsock_template"
"""Owns what is in a template, so that a copy can hand it to the deployment's role."""

END_SECONDS = 60
"""How long a connection's backend is waited for."""


class MigrationError(Exception):
    """Airflow could not set up its tables; says what it said last."""


def ensure_template(server: Server, session: connection, version: str) -> str:
    """The name of the version's template, which is made when it is missing.

    It is migrated under another name and renamed at the end: a template of the right name is complete.
    `session` must hold the lock of this server's administration.
    """
    template = f"windsock_template_{version}"
    if exists(session, "database", template):
        return template
    building = f"{template}_building"
    ensure_role(session, TEMPLATE_ROLE)
    execute(session, "DROP DATABASE IF EXISTS {} WITH (FORCE)", building)
    execute(session, "CREATE DATABASE {}", building)
    with server.connect(building) as inside:
        execute(inside, "GRANT ALL ON SCHEMA public TO {}", TEMPLATE_ROLE)
    url = server.url(building, role=TEMPLATE_ROLE)
    migrate(url)
    make_result_tables(url)
    execute(session, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", building)
    end_connections(session, building)
    execute(session, "ALTER DATABASE {} RENAME TO {}", building, template)
    return template


def end_connections(session: connection, database: str) -> None:
    """Ends the administrator's connections to a database, and waits for that. Those that were closed may last
    for longer than the 5 s that RENAME waits for them, on a server that is busy."""
    execute(
        session,
        "SELECT pg_terminate_backend(pid, %(milliseconds)s) FROM pg_stat_activity"
        " WHERE datname = %(database)s AND usename = current_user",
        milliseconds=END_SECONDS * 1000,
        database=database,
    )


def migrate(url: str) -> None:
    """Runs `airflow db migrate` on the database, with nothing of this process's environment but its paths."""
    with TemporaryDirectory() as home:
        done = subprocess.run(  # noqa: S603
            [str(Path(sys.executable).with_name("airflow")), "db", "migrate"],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": home,
                "AIRFLOW_HOME": home,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        last = done.stdout.strip().rpartition("\n")[2]
        raise MigrationError(f"airflow db migrate ended with {done.returncode}: {last}")
