import json
from pathlib import Path

import pytest

from windsock_airflow.settings import Component, SettingsError, component_environment

ENVIRONMENT = {
    "PATH": "/usr/bin",
    "WINDSOCK_DATABASE_HOST": "db",
    "WINDSOCK_DATABASE_PORT": "5432",
    "WINDSOCK_DATABASE_NAME": "d_1",
    "WINDSOCK_DATABASE_USER": "d_1",
    "WINDSOCK_DATABASE_PASSWORD": "p@ss/word %",
    "WINDSOCK_API_URL": "http://127.0.0.1:4321/quasar-clear-1234",
    "WINDSOCK_API_PORT": "4321",
    "WINDSOCK_PUBLIC_URL": "http://localhost:8888/quasar-clear-1234",
    "WINDSOCK_STORAGE_URI": "s3://bucket/o/d",
    "WINDSOCK_EXECUTOR": "ASTRO",
    "WINDSOCK_FERNET_KEY": "fernet",
    "WINDSOCK_JWT_SECRET": "jwt",
    "WINDSOCK_API_SECRET_KEY": "api",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000",
}


def settings(component: Component = "scheduler", **changes: str) -> dict[str, str]:
    return component_environment(component, {**ENVIRONMENT, **changes}, Path("/task"))


def test_addresses_keep_the_deployments_prefix() -> None:
    made = settings("api-server")
    prefix = "http://127.0.0.1:4321/quasar-clear-1234"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{prefix}/execution/"
    assert made["AIRFLOW__EDGE__API_URL"] == f"{prefix}/edge_worker/v1/rpcapi"
    assert made["AIRFLOW__API__BASE_URL"] == "http://localhost:8888/quasar-clear-1234"
    assert made["AIRFLOW__API__PORT"] == "4321"


def test_a_password_is_percent_encoded_in_the_databases_url() -> None:
    url = settings()["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert url == "postgresql+psycopg2://d_1:p%40ss%2Fword%20%25@db:5432/d_1"


def test_celery_is_told_of_its_user_at_the_broker_and_of_the_role_of_its_results() -> None:
    made = settings(
        WINDSOCK_EXECUTOR="CELERY",
        WINDSOCK_BROKER_URL="redis://broker:6379/0",
        WINDSOCK_BROKER_USER="airflow_1",
        WINDSOCK_BROKER_PASSWORD="p@ss/word %",
        WINDSOCK_RESULT_USER="d_1_results",
        WINDSOCK_RESULT_PASSWORD="p@ss",
    )
    assert made["AIRFLOW__CELERY__BROKER_URL"] == "redis://airflow_1:p%40ss%2Fword%20%25@broker:6379/0"
    assert made["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX"] == "airflow_1:"
    results = made["AIRFLOW__CELERY__RESULT_BACKEND"]
    assert results == "db+postgresql+psycopg2://d_1_results:p%40ss@db:5432/d_1"
    assert not [name for name in settings() if name.startswith("AIRFLOW__CELERY")]


def test_components_of_a_task_share_the_bundles_and_nothing_else() -> None:
    scheduler, triggerer = settings("scheduler"), settings("triggerer")
    assert scheduler["AIRFLOW_HOME"] != triggerer["AIRFLOW_HOME"]
    name = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH"
    assert scheduler[name] == triggerer[name] == "/task/bundles"


@pytest.mark.parametrize(
    ("component", "looks"),
    [
        ("dag-processor", {"refresh_interval": 1, "patience_seconds": 5}),
        ("worker", {"refresh_interval": 10}),
    ],
)
def test_only_the_dag_processor_looks_at_the_pointer_each_second_and_does_not_wait_long(
    component: Component, looks: dict[str, int]
) -> None:
    (bundle,) = json.loads(settings(component)["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert bundle["kwargs"] == {"storage": "s3://bucket/o/d", **looks}


def test_users_win_over_sizes_and_the_platform_over_users() -> None:
    made = settings(
        WINDSOCK_SETTINGS='{"AIRFLOW__CORE__PARALLELISM": "16", "AIRFLOW__API__WORKERS": "2"}',
        WINDSOCK_VARIABLES=json.dumps(
            {
                "AIRFLOW__CORE__PARALLELISM": "64",
                "AIRFLOW__CORE__AUTH_MANAGER": "their.own",
                "AWS_ENDPOINT_URL_S3": "http://elsewhere",
                "WINDSOCK_STORAGE_URI": "s3://elsewhere",
                "AIRFLOW_VAR_COLOUR": "blue",
            }
        ),
    )
    assert made["AIRFLOW__CORE__PARALLELISM"] == "64"
    assert made["AIRFLOW__API__WORKERS"] == "2"
    assert made["AIRFLOW_VAR_COLOUR"] == "blue"
    assert made["AIRFLOW__CORE__AUTH_MANAGER"] == "windsock_airflow.auth_manager.FrontDoorAuthManager"
    assert made["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9000"
    assert made["WINDSOCK_STORAGE_URI"] == "s3://bucket/o/d"


@pytest.mark.parametrize(
    ("api_url", "host"), [("http://127.0.0.1:1/x", "127.0.0.1"), ("http://api.cell:8080/x", "0.0.0.0")]
)
def test_it_listens_on_loopback_where_its_components_do(api_url: str, host: str) -> None:
    assert settings("api-server", WINDSOCK_API_URL=api_url)["AIRFLOW__API__HOST"] == host


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WINDSOCK_FERNET_KEY": ""}, "WINDSOCK_FERNET_KEY is not set"),
        ({"WINDSOCK_EXECUTOR": "CELERY"}, "WINDSOCK_BROKER_URL is not set"),
        ({"WINDSOCK_EXECUTOR": "KUBERNETES"}, "WINDSOCK_EXECUTOR is KUBERNETES"),
        ({"WINDSOCK_VARIABLES": "marker-secret"}, "WINDSOCK_VARIABLES is not JSON"),
        ({"WINDSOCK_VARIABLES": '{"A": 1}'}, "WINDSOCK_VARIABLES must be a JSON object"),
    ],
)
def test_what_is_wrong_is_named_and_never_quoted(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        settings("scheduler", **changes)
    assert "marker-secret" not in str(refused.value)
