"""A DAG whose one task writes a line, waits for a file, writes the next, and so on; and its log."""

from collections.abc import Callable
from pathlib import Path

from tests.deployment import Deployment
from tests.peers import until

WRITTEN = """
import time
from pathlib import Path
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False, tags=["{go}"])
def written():
    @task
    def work() -> None:
        print("the first line")
        while not Path("{more}").exists():
            time.sleep(0.1)
        print("the second line")
        while not Path("{go}").exists():
            time.sleep(0.1)
        print("the third line")

    work()

written()
"""
LINES = ["the first line", "the second line", "the third line"]


def run_written(deployment: Deployment, more: Path, go: Path) -> str:
    """Publishes the DAG, and runs its new code; the run's id."""
    deployment.publish({"dags/written.py": WRITTEN.format(more=more, go=go)})
    until("the new code is listed", lambda: deployment.tags("written") == [str(go)] or None)
    return deployment.run("written")


def log_of(deployment: Deployment, run: str) -> list[str]:
    """What the log of the run's task says, in Airflow's API."""
    path = f"/api/v2/dags/written/dagRuns/{run}/taskInstances/work/logs/1"
    status, log = deployment.api("GET", path)
    return [entry["event"] for entry in log["content"]] if status == 200 else []


def shows(deployment: Deployment, run: str, lines: list[str]) -> Callable[[], bool | None]:
    """Asks whether the log has these of the task's lines, in this order, and no other of them."""
    return lambda: [event for event in log_of(deployment, run) if event in LINES] == lines or None


def shows_a_log_as_it_grows(deployment: Deployment, more: Path, go: Path) -> None:
    """The log of a task that runs is shown; after the task's end it is whole, and no copy of it is kept."""
    run = run_written(deployment, more, go)
    until("its first line is shown", shows(deployment, run, LINES[:1]))
    more.touch()
    until("its second line is shown", shows(deployment, run, LINES[:2]))
    assert deployment.tries("written", run) == [("work", 1, "running")]
    assert not [event for event in log_of(deployment, run) if "Could not read" in event]
    go.touch()
    assert deployment.outcome("written", run) == "success"
    until("its log is stored", lambda: stored(deployment, run) == ["attempt=1.log"] or None)
    assert shows(deployment, run, LINES)()


def keeps_the_log_of_a_killed_worker(deployment: Deployment, more: Path, go: Path) -> None:
    """What a task wrote is shown when its worker was killed with it, and after another took its place."""
    run = run_written(deployment, more, go)
    until("its first line is shown", shows(deployment, run, LINES[:1]))
    deployment.kill("worker")
    assert shows(deployment, run, LINES[:1])()
    path = f"/api/v2/dags/written/dagRuns/{run}/taskInstances/work"
    assert deployment.api("PATCH", path, {"new_state": "failed"})[0] == 200
    deployment.start("worker")
    deployment.await_healthy("worker")
    assert deployment.outcome("written", run) == "failed"
    assert stored(deployment, run) == ["attempt=1.log.running"]
    assert shows(deployment, run, LINES[:1])()


def stored(deployment: Deployment, run: str) -> list[str]:
    """The names of what object storage has of the task's log."""
    keys = deployment.stored(f"logs/dag_id=written/run_id={run}/")
    return sorted(key.rpartition("/")[2] for key in keys)
