"""Whether a component is well. Run by the container's health check every few seconds, so it must be cheap."""

import http.client
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from windsock_airflow.hostname import task_hostname
from windsock_airflow.launcher import started_marker
from windsock_airflow.settings import Component, required

TIMEOUT_SECONDS = 10
STALE_SECONDS = 30
"""As Airflow's own health thresholds. Jobs beat every 5 s."""

JOB_TYPES = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}


class Unhealthy(Exception):  # noqa: N818
    """The component is not well, or not yet; says why."""


def check(component: Component, environment: Mapping[str, str], directory: Path) -> None:
    """Returns when the component is well, else ends the process with code 1 and the reason on stderr."""
    home = directory / f"airflow-{component}"
    try:
        match component:
            case "api-server":
                check_api_server(environment)
            case "worker":
                check_worker(home)
            case "scheduler" | "dag-processor" | "triggerer":
                check_job(component, environment, home)
    except (Unhealthy, OSError) as error:
        sys.exit(f"{component} is not healthy: {error}")


def check_api_server(environment: Mapping[str, str]) -> None:
    """The execution API answers, on which running tasks depend."""
    prefix = urlsplit(required(environment, "WINDSOCK_API_URL")).path
    port = int(required(environment, "WINDSOCK_API_PORT"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", f"{prefix}/execution/health")
    status = connection.getresponse().status
    if status != http.client.OK:
        raise Unhealthy(f"GET /execution/health answered {status}")


def check_job(component: Component, environment: Mapping[str, str], home: Path) -> None:
    """The component's row in Airflow's table of jobs beats, and belongs to this start of it."""
    import psycopg2

    try:
        connection = psycopg2.connect(
            host=required(environment, "WINDSOCK_DATABASE_HOST"),
            port=required(environment, "WINDSOCK_DATABASE_PORT"),
            dbname=required(environment, "WINDSOCK_DATABASE_NAME"),
            user=required(environment, "WINDSOCK_DATABASE_USER"),
            password=required(environment, "WINDSOCK_DATABASE_PASSWORD"),
            connect_timeout=TIMEOUT_SECONDS,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM now() - latest_heartbeat)::float FROM job WHERE job_type = %s"
                " AND hostname = %s AND state = 'running' AND start_date >= to_timestamp(%s)"
                " ORDER BY latest_heartbeat DESC LIMIT 1",
                (JOB_TYPES[component], task_hostname(), started_marker(home).stat().st_mtime),
            )
            row = cursor.fetchone()
    except psycopg2.Error as error:
        raise Unhealthy(f"its database does not answer: {str(error).strip()}") from error
    if row is None:
        raise Unhealthy("it is still starting")
    if row[0] > STALE_SECONDS:
        raise Unhealthy(f"its last heartbeat was {row[0]:.0f} s ago")


def check_worker(home: Path) -> None:
    """The worker has registered, and its loop turns: it touches a file each second.

    Whether the api-server answers it is not asked: a worker that waits for one must not be replaced.
    """
    started = started_marker(home).stat().st_mtime
    try:
        alive = sign_of_life(home).stat().st_mtime
    except FileNotFoundError:
        alive = 0
    if alive < started:
        raise Unhealthy("it is still starting")
    if (age := time.time() - alive) > STALE_SECONDS:
        raise Unhealthy(f"its last sign of life was {age:.0f} s ago")


def sign_of_life(home: Path) -> Path:
    """A file that the worker touches each second, from its registration on."""
    return home / "alive"
