"""The cell's Postgres, as its administrator sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

CONNECT_SECONDS = 10

CONNECTION_LIMIT = 150
"""Of each role of a deployment that logs in: more than the processes of any size open for Airflow's work,
with high availability (`core/deployment/sizes.ts`). Five components at work hold about 25."""


@dataclass(frozen=True)
class Server:
    """Where the cell's Postgres is, and a credential that may create roles and databases there."""

    host: str
    port: str
    user: str
    password: str

    @contextmanager
    def connect(self, database: str) -> Iterator[connection]:
        """A connection in autocommit, since databases are created and dropped outside of transactions."""
        opened = psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            connect_timeout=CONNECT_SECONDS,
        )
        opened.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        try:
            yield opened
        finally:
            opened.close()

    def url(self, database: str, *, role: str) -> str:
        """SQLAlchemy's URL of a database, in which the session acts as `role` and so owns nothing itself."""
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        options = quote(f"-c role={role}", safe="")
        return f"postgresql+psycopg2://{user}:{password}@{self.host}:{self.port}/{quote(database)}?options={options}"


def execute(session: connection, statement: str, *names: str, **values: object) -> None:
    """Runs a statement: `{}` stand for names (identifiers), `%(x)s` for values."""
    with session.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), values or None)


def exists(session: connection, kind: str, name: str) -> bool:
    """Whether there is a "role" or a "database" of that name."""
    query = {
        "role": "SELECT 1 FROM pg_roles WHERE rolname = %s",
        "database": "SELECT 1 FROM pg_database WHERE datname = %s",
    }[kind]
    with session.cursor() as cursor:
        cursor.execute(query, (name,))
        return cursor.fetchone() is not None


def ensure_role(session: connection, role: str) -> None:
    """Makes the role if there is none, and lets the administrator act as it."""
    if not exists(session, "role", role):
        execute(session, "CREATE ROLE {}", role)
    execute(session, "GRANT {} TO CURRENT_USER", role)


def allow_login(session: connection, role: str, password: str) -> None:
    """Makes the role if there is none, and lets it log in with this password and no other."""
    if not exists(session, "role", role):
        execute(session, "CREATE ROLE {}", role)
    execute(
        session,
        "ALTER ROLE {} LOGIN PASSWORD %(password)s CONNECTION LIMIT %(limit)s",
        role,
        password=password,
        limit=CONNECTION_LIMIT,
    )
