"""Components that get too little memory, in the containers that ECS on one machine gives them."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deployment import Deployment
from tests.peers import until, windsock_airflow

SHIM = Path(__file__).parents[2] / "local/ecs/shim"
LIMIT_MIB = 500

GREEDY_TASK = """
import time
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def greedy():
    @task
    def takes_all():
        block = bytearray(800 * 1024 * 1024)
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

block = bytearray(800 * 1024 * 1024)
time.sleep(60)
dag = DAG("immodest")
"""

MODEST_FILE = """
from airflow.sdk import DAG

dag = DAG("modest")
"""


@contextmanager
def contained(deployment: Deployment, component: str) -> Iterator[Callable[[], str]]:
    """Has the component in a container of little memory instead; answers what the container printed."""
    deployment.stop(component)
    folder = deployment.task_folder(component)
    status, log = folder / "container.json", folder / "container.log"
    spec = {
        "status": str(status),
        "folder": str(folder),
        "command": [windsock_airflow(), component],
        "environment": deployment.component_environment(),
        "log": str(log),
        "rotateBytes": 1 << 20,
        "memoryBytes": LIMIT_MIB << 20,
        "healthCheck": None,
        "restartPolicy": None,
        "stopTimeout": 30,
    }
    shim = subprocess.Popen([sys.executable, "-I", "-S", str(SHIM)], stdin=subprocess.PIPE)
    assert shim.stdin is not None
    shim.stdin.write(json.dumps(spec).encode())
    shim.stdin.close()
    try:
        deployment.await_healthy(component)
        yield log.read_text
        assert json.loads(status.read_text())["state"] == "RUNNING"
    finally:
        shim.terminate()
        shim.wait(60)
        deployment.start(component)
        deployment.await_healthy(component)


def killed(log: str) -> list[str]:
    """The names of the processes that the container lost for memory."""
    return re.findall(r"OutOfMemoryError: killed process \d+ \((.*)\), which used \d+ MiB", log)


def test_a_task_that_takes_too_much_memory_dies_alone_and_is_named(running: Deployment) -> None:
    running.publish({"dags/greedy.py": GREEDY_TASK})
    with contained(running, "worker") as log:
        run = running.run("greedy")
        assert running.outcome("greedy", run) == "failed"
        assert running.tries("greedy", run) == [
            ("takes_all", 1, "failed"),
            ("takes_its_time", 1, "success"),
        ]
        path = f"/api/v2/dags/greedy/dagRuns/{run}/taskInstances/takes_all"
        assert killed(log()) == [f"airflow worker -- greedy takes_all {run}"]
        assert "out of memory" in str(running.api("GET", f"{path}/logs/1")[1]).lower()


def test_a_dag_file_that_takes_too_much_memory_keeps_no_other_from_being_read(running: Deployment) -> None:
    with contained(running, "dag-processor") as log:
        running.publish({"dags/greedy.py": GREEDY_FILE, "dags/modest.py": MODEST_FILE})
        until("the other is listed", lambda: running.api("GET", "/api/v2/dags/modest")[0] == 200 or None, 60)
        until("the container lost a process", lambda: killed(log()) or None)
        assert killed(log())[0] == "airflow dag file -- dags/greedy.py"
        assert running.health("dag-processor").returncode == 0
