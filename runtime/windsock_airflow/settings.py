"""What a component's environment says, as Airflow's settings. Pure: no file, no process, no Airflow."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote, urlsplit

Component = Literal["api-server", "scheduler", "dag-processor", "triggerer", "worker"]
COMPONENTS: tuple[Component, ...] = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")

BUNDLE_NAME = "dags"

EXECUTORS = {
    "ASTRO": "windsock_airflow.edge_executor.DeploymentEdgeExecutor",
    "CELERY": "windsock_airflow.celery_executor.DeploymentCeleryExecutor",
}
"""Executors as the platform names them, and the classes of Airflow's that they are."""

LONGEST_TASK_SECONDS = 43_200
"""A broker hands a task out again when no worker ended it for so long; AWS's own service has the same."""


class SettingsError(Exception):
    """The environment of a container lacks something or holds something wrong; says which variable."""


def required(environment: Mapping[str, str], name: str) -> str:
    """The value of an environment variable; a SettingsError names it when it is missing or empty."""
    if value := environment.get(name):
        return value
    raise SettingsError(f"the environment variable {name} is not set")


def string_map(environment: Mapping[str, str], name: str) -> dict[str, str]:
    """A JSON object of strings in an environment variable; {} when it is not set.

    The message of a SettingsError never quotes the value, which may hold secrets.
    """
    text = environment.get(name)
    if not text:
        return {}
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        raise SettingsError(f"{name} is not JSON") from None
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise SettingsError(f"{name} must be a JSON object whose values are strings")
    return cast("dict[str, str]", value)


def database_url(environment: Mapping[str, str], role: Literal["DATABASE", "RESULT"] = "DATABASE") -> str:
    """SQLAlchemy's URL of the deployment's own database, its parts percent-encoded.

    `role` says as whom: its owner, or the one who only reads and writes Celery's results.
    """
    user = quote(required(environment, f"WINDSOCK_{role}_USER"), safe="")
    password = quote(required(environment, f"WINDSOCK_{role}_PASSWORD"), safe="")
    host = required(environment, "WINDSOCK_DATABASE_HOST")
    port = required(environment, "WINDSOCK_DATABASE_PORT")
    name = quote(required(environment, "WINDSOCK_DATABASE_NAME"), safe="")
    return f"postgresql+psycopg2://{user}:{password}@{host}:{port}/{name}"


def component_environment(
    component: Component, environment: Mapping[str, str], directory: Path
) -> dict[str, str]:
    """The whole environment that a component of Airflow runs with, from its container's.

    `directory` is the task's private folder. The order says who wins: the container's environment, then
    the settings of its size, then the user's variables, then what the platform itself relies on.
    """
    return {
        **environment,
        **defaults(),
        **string_map(environment, "WINDSOCK_SETTINGS"),
        **string_map(environment, "WINDSOCK_VARIABLES"),
        **{name: value for name, value in environment.items() if name.startswith(("WINDSOCK_", "AWS_"))},
        **platform_settings(component, environment, directory),
    }


def defaults() -> dict[str, str]:
    """Better values than Airflow's own, which a size or a user may still change.

    `min_heartbeat_interval`: a task's slot stays held up to that long after its process ended, 5 s by
    default; with 1 s, 60 runs of two tasks took a quarter of the time. `min_file_process_interval`: a new
    bundle is parsed at once all the same, and soon what could not be read; 300 DAGs idle at 0.01 instead of
    0.7 of a core. `stale_dag_threshold`: a DAG that is not in its file any more ends within a minute, also
    when that was read less than 50 s before, for no later reading would tell.
    `execution_api_retry_*`: a task outlives two minutes without its api-server. `namespace_levels`: two
    loggers that else write a line a second, on looking at the pointer and on a worker's poll.
    `orphaned_tasks_check_interval`: what an earlier scheduler queued to another executor waits so long.
    `num_stuck_in_queued_retries`: a task that waits is queued again each ten minutes
    (`task_queued_timeout`), lest it was lost on its way, and failed after so many times. Airflow's 2 would
    fail, whatever its `retries`, what waits half an hour for a busy worker; with 144 it may wait a day.
    `task_queued_timeout_check_interval`: its token is good for the ten minutes and `jwt_leeway`, so that it
    has to be queued again before.
    `runner_health_check_threshold`: a triggerer whose triggers are blocked for so long ends and is started
    again by itself, which ECS does for what ran a minute.
    """
    return {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "12",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "15",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "0",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "144",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "30",
        "AIRFLOW__TRIGGERER__RUNNER_HEALTH_CHECK_THRESHOLD": "60",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": (
            "http.access=WARNING windsock_airflow.dag_files.DeploymentFileProcessorManager=WARNING"
        ),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def platform_settings(
    component: Component, environment: Mapping[str, str], directory: Path
) -> dict[str, str]:
    """What the platform relies on, and no user may change.

    `min_serialized_dag_update_interval`: a bundle is parsed once, so what it changes of a DAG is written
    however soon it comes after the one before; after Airflow's 30 s it would be for the next bundle to do.
    `jwt_leeway`: a worker's request is signed for so long, and believed for as long again. Airflow's 10 s
    are less than the 30 s for which a request waits for an api-server that restarts; refused for its age,
    it ends the worker. `minimum_acceptable_*_for_workers`: an update of the runtime version has workers and
    api-servers of two patches of this Airflow meet; else those would let each other's workers go.
    `compress_serialized_dags`: the scheduler asks the database in which file a DAG was (`workloads.py`).
    `push_logs`: what one api-server would keep on its disk for good, the others not show; `running_logs` does
    it instead.
    """
    api_url = required(environment, "WINDSOCK_API_URL")
    executor = required(environment, "WINDSOCK_EXECUTOR")
    if executor not in EXECUTORS:
        raise SettingsError(f"WINDSOCK_EXECUTOR is {executor}; this runtime knows {', '.join(EXECUTORS)}")
    home = directory / f"airflow-{component}"
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": EXECUTORS[executor],
        "AIRFLOW__CORE__AUTH_MANAGER": "windsock_airflow.auth_manager.FrontDoorAuthManager",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
        "AIRFLOW__CORE__COMPRESS_SERIALIZED_DAGS": "False",
        "AIRFLOW__CORE__FERNET_KEY": required(environment, "WINDSOCK_FERNET_KEY"),
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "windsock_airflow.hostname.task_hostname",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api_url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url(environment),
        "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
        "AIRFLOW__API__BASE_URL": required(environment, "WINDSOCK_PUBLIC_URL"),
        "AIRFLOW__API__HOST": listening_host(api_url),
        "AIRFLOW__API__SECRET_KEY": required(environment, "WINDSOCK_API_SECRET_KEY"),
        "AIRFLOW__API_AUTH__JWT_SECRET": required(environment, "WINDSOCK_JWT_SECRET"),
        "AIRFLOW__API_AUTH__JWT_LEEWAY": "60",
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "86400",
        "AIRFLOW__EDGE__API_ENABLED": "True",
        "AIRFLOW__EDGE__MINIMUM_ACCEPTABLE_CORE_VERSION_FOR_WORKERS": "3.3.0",
        "AIRFLOW__EDGE__MINIMUM_ACCEPTABLE_EDGE_VERSION_FOR_WORKERS": "4.3.0",
        "AIRFLOW__EDGE__API_URL": f"{api_url}/edge_worker/v1/rpcapi",
        "AIRFLOW__EDGE__PUSH_LOGS": "False",
        "AIRFLOW__EDGE__JOB_POLL_INTERVAL": "1",
        "AIRFLOW__EDGE__HEARTBEAT_INTERVAL": "5",
        "AIRFLOW__EDGE__API_RETRIES": "120",
        "AIRFLOW__EDGE__API_RETRY_WAIT_MIN": "0.2",
        "AIRFLOW__EDGE__API_RETRY_WAIT_MAX": "2",
        **(celery_settings(environment) if executor == "CELERY" else {}),
        **bundle_settings(component, environment, directory),
        **logging_settings(environment, home),
    }
    if component == "api-server":
        settings["AIRFLOW__API__PORT"] = required(environment, "WINDSOCK_API_PORT")
    return settings


def celery_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The broker, as the deployment's own user of it, and where results are kept.

    A message is acknowledged at the end of its task, and no worker holds one that it cannot run yet. While
    the broker is away, the scheduler tries for a second at a time and half a minute in all to hand a task
    over; at Celery's and Airflow's defaults it would fail the task within a second.
    """
    url = urlsplit(required(environment, "WINDSOCK_BROKER_URL"))
    user = required(environment, "WINDSOCK_BROKER_USER")
    password = quote(required(environment, "WINDSOCK_BROKER_PASSWORD"), safe="")
    publish = {"max_retries": None, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.5}
    return {
        "AIRFLOW__CELERY__BROKER_URL": url._replace(netloc=f"{user}:{password}@{url.netloc}").geturl(),
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX": key_prefix(user),
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(LONGEST_TASK_SECONDS),
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database_url(environment, 'RESULT')}",
        "AIRFLOW__CELERY__TASK_ACKS_LATE": "True",
        "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
        "AIRFLOW__CELERY__OPERATION_TIMEOUT": "1",
        "AIRFLOW__CELERY__TASK_PUBLISH_MAX_RETRIES": "30",
        "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": json.dumps({"task_publish_retry_policy": publish}),
    }


def key_prefix(user: str) -> str:
    """What each key and channel of the broker's user begins with."""
    return f"{user}:"


def bundle_settings(component: Component, environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The one DAG bundle, which follows the deployment's pointer: the dag-processor's looks each second.

    While that waits for object storage its loop stands still, and one that shows no life for 30 s is
    replaced, with the scheduler: it waits for 5 s.
    """
    follows = component == "dag-processor"
    looks = {"refresh_interval": 1, "patience_seconds": 5} if follows else {"refresh_interval": 10}
    bundle = {
        "name": BUNDLE_NAME,
        "classpath": "windsock_airflow.bundle.PointerBundle",
        "kwargs": {
            "storage": required(environment, "WINDSOCK_STORAGE_URI"),
            **looks,
        },
    }
    return {
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(directory / "bundles"),
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    }


def logging_settings(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Task logs go to the deployment's object storage; an empty connection id means the task's own role."""
    return {
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"{required(environment, 'WINDSOCK_STORAGE_URI')}/logs",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "",
        "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS": "True",
    }


def listening_host(api_url: str) -> str:
    """Loopback where the deployment's own components find the api-server there (one machine), else all."""
    host = urlsplit(api_url).hostname
    return "127.0.0.1" if host in ("127.0.0.1", "localhost") else "0.0.0.0"  # noqa: S104
