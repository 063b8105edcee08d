"""The one-off tasks `database create` and `database drop`: a deployment's database with its roles, and its
user at the broker; and `database template`, which makes the first create of a runtime version as quick as
the next.

They hold the cell's credential, so they run on the platform's own image and never beside a user's code.
"""

import sys
from collections.abc import Mapping
from typing import Literal

import psycopg2
from redis import RedisError

from windsock_airflow.broker import Broker, create_user, drop_user
from windsock_airflow.postgres import Server, allow_login, ensure_role, execute, exists
from windsock_airflow.result_backend import grant_results, has_result_tables, make_result_tables
from windsock_airflow.settings import required
from windsock_airflow.template import TEMPLATE_ROLE, MigrationError, ensure_template

ADMINISTRATION = 0x77696E64
"""Key of the advisory lock under which a cell's roles, templates and databases change."""


def run(action: Literal["create", "drop", "template"], environment: Mapping[str, str]) -> None:
    """Carries out the task, or ends the process with code 1 and the reason on stderr. Safe to repeat."""
    server = Server(
        host=required(environment, "WINDSOCK_DATABASE_HOST"),
        port=required(environment, "WINDSOCK_DATABASE_PORT"),
        user=required(environment, "WINDSOCK_CELL_DATABASE_USER"),
        password=required(environment, "WINDSOCK_CELL_DATABASE_PASSWORD"),
    )
    broker = cell_broker(environment)
    try:
        match action:
            case "template":
                prepare(server, required(environment, "WINDSOCK_RUNTIME_VERSION"))
            case "drop":
                drop(server, environment)
                if broker is not None:
                    drop_user(broker, required(environment, "WINDSOCK_BROKER_USER"))
            case "create":
                create(server, environment)
                if broker is not None:
                    user = required(environment, "WINDSOCK_BROKER_USER")
                    create_user(broker, user, required(environment, "WINDSOCK_BROKER_PASSWORD"))
    except psycopg2.OperationalError as error:
        sys.exit(f"the database server {server.host}:{server.port} does not answer: {first_line(error)}")
    except RedisError as error:
        sys.exit(f"the broker refused or does not answer: {first_line(error)}")
    except (psycopg2.Error, MigrationError) as error:
        sys.exit(f"database {action} failed: {first_line(error)}")


def cell_broker(environment: Mapping[str, str]) -> Broker | None:
    """The cell's broker; None where it has none."""
    url = environment.get("WINDSOCK_BROKER_URL")
    return Broker(url, required(environment, "WINDSOCK_CELL_BROKER_PASSWORD")) if url else None


def prepare(server: Server, version: str) -> None:
    """Makes the runtime version's template when it is missing."""
    with server.connect("postgres") as session:
        execute(session, "SELECT pg_advisory_lock(%(key)s)", key=ADMINISTRATION)
        ensure_template(server, session, version)


def create(server: Server, environment: Mapping[str, str]) -> None:
    """Copies the runtime version's template into a database that only the deployment's roles may enter.

    A crash between two statements leaves what the same call completes.
    """
    database = required(environment, "WINDSOCK_DATABASE_NAME")
    role = required(environment, "WINDSOCK_DATABASE_USER")
    with server.connect("postgres") as session:
        execute(session, "SELECT pg_advisory_lock(%(key)s)", key=ADMINISTRATION)
        template = ensure_template(server, session, required(environment, "WINDSOCK_RUNTIME_VERSION"))
        ensure_role(session, role)
        allow_login(session, role, required(environment, "WINDSOCK_DATABASE_PASSWORD"))
        if not exists(session, "database", database):
            execute(session, "CREATE DATABASE {} TEMPLATE {} OWNER {}", database, template, role)
        execute(session, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", database)
        with server.connect(database) as inside:
            execute(inside, "REASSIGN OWNED BY {} TO {}", TEMPLATE_ROLE, role)
            if not has_result_tables(inside):
                make_result_tables(server.url(database, role=role))
            result_role = required(environment, "WINDSOCK_RESULT_USER")
            allow_login(inside, result_role, required(environment, "WINDSOCK_RESULT_PASSWORD"))
            grant_results(inside, database, result_role)


def drop(server: Server, environment: Mapping[str, str]) -> None:
    """Ends the database's connections, removes it and its roles; each may be gone already."""
    with server.connect("postgres") as session:
        execute(session, "SELECT pg_advisory_lock(%(key)s)", key=ADMINISTRATION)
        database = required(environment, "WINDSOCK_DATABASE_NAME")
        execute(session, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        for role in ("WINDSOCK_RESULT_USER", "WINDSOCK_DATABASE_USER"):
            execute(session, "DROP ROLE IF EXISTS {}", required(environment, role))


def first_line(error: Exception) -> str:
    """The first line of an error's message, which for Postgres is the statement of what is wrong."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
