import psycopg2
import pytest

from tests.deployment import Deployment
from windsock_airflow.postgres import Server, exists
from windsock_airflow.template import ensure_template


def connect_as(deployment: Deployment, database: str | None = None) -> psycopg2.extensions.connection:
    environment = deployment.environment
    return psycopg2.connect(
        host=environment["WINDSOCK_DATABASE_HOST"],
        port=environment["WINDSOCK_DATABASE_PORT"],
        user=environment["WINDSOCK_DATABASE_USER"],
        password=environment["WINDSOCK_DATABASE_PASSWORD"],
        dbname=database or environment["WINDSOCK_DATABASE_NAME"],
    )


def test_create_is_repeatable_and_its_role_owns_a_migrated_database(deployment: Deployment) -> None:
    for _ in range(2):
        created = deployment.database("create")
        assert created.returncode == 0, created.stderr
    with connect_as(deployment) as session, session.cursor() as cursor:
        cursor.execute("SELECT tableowner, count(*) FROM pg_tables WHERE schemaname = 'public' GROUP BY 1")
        ((owner, tables),) = cursor.fetchall()
        assert owner == deployment.environment["WINDSOCK_DATABASE_USER"]
        assert tables > 40
        cursor.execute("SELECT count(*) FROM edge_worker")
        cursor.execute("CREATE TABLE its_own_to_change (id int)")


def test_a_role_enters_no_other_database(deployment: Deployment, postgres: Server) -> None:
    assert deployment.database("create").returncode == 0
    deployment.environment["WINDSOCK_DATABASE_NAME"] = "d_other"
    deployment.environment["WINDSOCK_DATABASE_USER"] = "d_other"
    deployment.environment["WINDSOCK_RESULT_USER"] = "d_other_results"
    assert deployment.database("create").returncode == 0
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        connect_as(deployment, "d_c0deployment")
    with pytest.raises(psycopg2.OperationalError, match="not currently accepting connections"):
        connect_as(deployment, "windsock_template_3.3-2")
    assert deployment.database("drop").returncode == 0


def test_drop_ends_connections_and_leaves_nothing(deployment: Deployment, postgres: Server) -> None:
    assert deployment.database("create").returncode == 0
    held = connect_as(deployment)
    for _ in range(2):
        dropped = deployment.database("drop")
        assert dropped.returncode == 0, dropped.stderr
    with pytest.raises(psycopg2.OperationalError):
        held.cursor().execute("SELECT 1")
    with postgres.connect("postgres") as session:
        assert not exists(session, "database", deployment.environment["WINDSOCK_DATABASE_NAME"])
        assert not exists(session, "role", deployment.environment["WINDSOCK_DATABASE_USER"])


def test_the_reason_of_a_failure_is_the_last_line_and_holds_no_password(deployment: Deployment) -> None:
    deployment.environment["WINDSOCK_CELL_DATABASE_PASSWORD"] = "wrong-password"
    refused = deployment.database("create")
    assert refused.returncode == 1
    assert "password authentication failed" in refused.stderr.splitlines()[-1]
    assert "wrong-password" not in refused.stderr

    del deployment.environment["WINDSOCK_CELL_DATABASE_PASSWORD"]
    incomplete = deployment.database("create")
    assert incomplete.returncode == 1
    assert "WINDSOCK_CELL_DATABASE_PASSWORD is not set" in incomplete.stderr.splitlines()[-1]


def test_a_template_can_be_made_ahead(deployment: Deployment, postgres: Server) -> None:
    for _ in range(2):
        made = deployment.database("template")
        assert made.returncode == 0, made.stderr
    with postgres.connect("postgres") as session:
        assert exists(session, "database", "windsock_template_3.3-2")


def test_a_template_is_made_whatever_connection_its_migration_left(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[psycopg2.extensions.connection] = []

    def migrate(url: str) -> None:
        left.append(psycopg2.connect(url.replace("+psycopg2", "")))

    monkeypatch.setattr("windsock_airflow.template.migrate", migrate)
    with postgres.connect("postgres") as session:
        assert exists(session, "database", ensure_template(postgres, session, "left"))
    with pytest.raises(psycopg2.OperationalError):
        left[0].cursor().execute("SELECT 1")


def test_the_role_of_celerys_results_reaches_them_and_nothing_else(deployment: Deployment) -> None:
    assert deployment.database("create").returncode == 0
    deployment.environment["WINDSOCK_DATABASE_USER"] = deployment.environment["WINDSOCK_RESULT_USER"]
    deployment.environment["WINDSOCK_DATABASE_PASSWORD"] = deployment.environment["WINDSOCK_RESULT_PASSWORD"]
    with connect_as(deployment) as session, session.cursor() as cursor:
        cursor.execute("INSERT INTO celery_taskmeta (id, task_id) VALUES (nextval('task_id_sequence'), 'x')")
        cursor.execute("UPDATE celery_taskmeta SET status = 'SUCCESS' WHERE task_id = 'x'")
    for statement in (
        "SELECT * FROM dag_run",
        "SELECT * FROM connection",
        "CREATE TABLE mine (id int)",
        "DROP TABLE celery_taskmeta",
    ):
        with (
            connect_as(deployment) as session,
            session.cursor() as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute(statement)
