"""Components that take more memory than their size has, in containers of ECS on one machine."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deferring import DEFERRING
from tests.deployment import Deployment
from tests.peers import PATIENCE, until, windsock_airflow

PROJECT = Path(__file__).parents[2]
SHIM = PROJECT / "local/ecs/shim"
STOP_SECONDS = 60 * PATIENCE

GREEDY_TASK = """
import time
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def greedy():
    @task
    def takes_all():
        block = bytearray({mib} * 1024 * 1024)
        time.sleep(60)

    @task
    def takes_its_time():
        time.sleep(10)

    takes_all(), takes_its_time()

greedy()
"""

GREEDY_FILE = """
import time
from airflow.sdk import DAG

block = bytearray({mib} * 1024 * 1024)
time.sleep(60)
dag = DAG("immodest")
"""

MODEST_FILE = """
from airflow.sdk import DAG

dag = DAG("modest")
"""

# Loaded by every component of Airflow that is told of its folder; what takes all does so once.
PLUGIN = """
import os, time
from pathlib import Path

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from airflow.triggers.base import BaseTrigger, TriggerEvent
from fastapi import FastAPI

def take_all():
    try:
        Path(os.environ["TAKEN"]).touch(exist_ok=False)
    except FileExistsError:
        return
    block = bytearray(int(os.environ["MIB"]) * 1024 * 1024)
    time.sleep(60)

class Listener:
    @hookimpl
    def on_dag_run_running(self, dag_run, msg):
        take_all()

class Trigger(BaseTrigger):
    def serialize(self):
        return "plugin.Trigger", {}

    async def run(self):
        take_all()
        yield TriggerEvent("done")

app = FastAPI()
app.get("/all")(take_all)

class Greedy(AirflowPlugin):
    name = "greedy"
    listeners = [Listener()]
    fastapi_apps = [{"app": app, "url_prefix": "/take", "name": "greedy"}]
"""

PLAIN = """
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def plain():
    @task
    def nothing():
        pass

    nothing()

plain()
"""


def memory(component: str) -> int:
    """MiB that the table of sizes gives a component of a SMALL deployment, and a worker on the machine A5."""
    table = (PROJECT / "core/deployment/sizes.ts").read_text()
    task = {"api-server": "api", "worker": "A5"}.get(component)
    row = rf"{task}: {{ cpu: \d+, memory: (\d+)" if task else rf"'?{component}'?: (\d+)"
    found = re.search(row, table)
    assert found, component
    return int(found[1])


@dataclass
class Container:
    """A component's container, by the files of its shim."""

    status_file: Path
    log_file: Path

    def restarts(self) -> int:
        """How often it was started again."""
        return json.loads(self.status_file.read_text())["restarts"]

    def killed(self) -> list[str]:
        """The names of the processes that it lost for memory."""
        log = self.log_file.read_text()
        return re.findall(r"OutOfMemoryError: killed process \d+ \((.*)\), which used \d+ MiB", log)


@contextmanager
def contained(
    deployment: Deployment, component: str, variables: Mapping[str, str] | None = None
) -> Iterator[Container]:
    """Has the component in a container of the memory of its size instead, and with these variables."""
    deployment.stop(component)
    folder = deployment.task_folder(component)
    status, log = folder / f"{component}.json", folder / f"{component}.log"
    spec = {
        "status": str(status),
        "folder": str(folder),
        "command": [windsock_airflow(), component],
        "environment": {
            **deployment.component_environment(component),
            "WINDSOCK_VARIABLES": json.dumps(variables or {}),
        },
        "log": str(log),
        "rotateBytes": 1 << 20,
        "memoryBytes": memory(component) << 20,
        "healthCheck": None,
        "restartPolicy": {"ignoredExitCodes": [], "restartAttemptPeriod": 0},
        "stopDelay": 0,
        "stopTimeout": STOP_SECONDS,
    }
    shim = subprocess.Popen([sys.executable, "-I", "-S", str(SHIM)], stdin=subprocess.PIPE)
    assert shim.stdin is not None
    try:
        with deployment.begins(component):
            shim.stdin.write(json.dumps(spec).encode())
            shim.stdin.close()
        deployment.await_healthy(component)
        yield Container(status, log)
        assert json.loads(status.read_text())["state"] == "RUNNING"
    finally:
        shim.terminate()
        shim.wait(2 * STOP_SECONDS)
        deployment.start(component)
        deployment.await_healthy(component)
    ended = json.loads(status.read_text())
    assert (ended["state"], ended.get("exitCode"), ended.get("reason")) == ("STOPPED", 0, None)


def test_a_task_that_takes_too_much_memory_dies_alone_and_is_named(running: Deployment) -> None:
    running.publish({"dags/greedy.py": GREEDY_TASK.format(mib=memory("worker"))})
    with contained(running, "worker") as container:
        run = running.run("greedy")
        assert running.outcome("greedy", run) == "failed"
        assert running.tries("greedy", run) == [
            ("takes_all", 1, "failed"),
            ("takes_its_time", 1, "success"),
        ]
        assert container.killed() == [f"airflow worker -- greedy takes_all {run}"]
        path = f"/api/v2/dags/greedy/dagRuns/{run}/taskInstances/takes_all/logs/1"
        until("it says why", lambda: "out of memory" in str(running.api("GET", path)[1]).lower() or None)
        assert container.restarts() == 0


def test_a_dag_file_that_takes_too_much_memory_keeps_no_other_from_being_read(running: Deployment) -> None:
    with contained(running, "dag-processor") as container:
        greedy = GREEDY_FILE.format(mib=memory("dag-processor"))
        running.publish({"dags/greedy.py": greedy, "dags/modest.py": MODEST_FILE})
        until("the other is listed", lambda: running.api("GET", "/api/v2/dags/modest")[0] == 200 or None, 60)
        until("the container lost a process", lambda: container.killed() or None)
        assert container.killed()[0] == "airflow dag file -- dags/greedy.py"
        assert running.health("dag-processor").returncode == 0
        assert container.restarts() == 0
        running.publish({"dags/modest.py": MODEST_FILE})  # For the next one, which nothing limits.


def take_all(running: Deployment) -> None:
    """Asks the api-server for more than it has; it cannot answer."""
    with suppress(OSError, http.client.HTTPException):
        running.api("GET", "/take/all")


@pytest.mark.parametrize(
    ("component", "provoke", "dag"),
    [
        ("scheduler", lambda running: running.run("plain"), "plain"),
        ("triggerer", lambda running: running.run("deferring"), "deferring"),
        ("api-server", take_all, "plain"),
    ],
)
def test_a_component_that_takes_too_much_memory_is_started_again_and_goes_on(
    running: Deployment,
    tmp_path: Path,
    component: str,
    provoke: Callable[[Deployment], object],
    dag: str,
) -> None:
    running.publish({"dags/plain.py": PLAIN, "dags/deferring.py": DEFERRING})
    (tmp_path / "plugin.py").write_text(PLUGIN)
    variables = {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path),
        "TAKEN": str(tmp_path / "taken"),
        "MIB": str(memory(component)),
    }
    with contained(running, component, variables) as container:
        with running.begins(component):
            provoke(running)
            until("the container was started again", lambda: container.restarts() or None, 120)
        assert container.killed()
        running.await_healthy(component)
        assert running.outcome(dag, running.run(dag)) == "success"
