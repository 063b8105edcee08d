"""A DAG whose one task records its start and its end in a file, and waits for another in between."""

from pathlib import Path

from tests.deployment import Deployment
from tests.peers import until

RECORDED = """
import time
from pathlib import Path
from airflow.sdk import dag, get_current_context, task

@dag(schedule=None, is_paused_upon_creation=False, tags=["{record}"])
def recorded():
    @task(pool_slots={pool_slots})
    def work() -> None:
        run = get_current_context()["dag_run"].run_id
        for event in ("start", "end"):
            with open("{record}", "a") as file:
                print(event, run, file=file)
            while not Path("{go}").exists():
                time.sleep(0.1)

    work()

recorded()
"""


def publish_recorded(deployment: Deployment, record: Path, go: Path, pool_slots: int = 1) -> None:
    """Publishes the DAG, and waits until its code is listed."""
    source = RECORDED.format(record=record, go=go, pool_slots=pool_slots)
    deployment.publish({"dags/recorded.py": source})
    until("the new code is listed", lambda: deployment.tags("recorded") == [str(record)] or None)


def lines(record: Path) -> list[str]:
    return record.read_text().splitlines() if record.exists() else []


def started(record: Path) -> set[str]:
    """The runs whose task has started."""
    return {run for event, run in map(str.split, lines(record)) if event == "start"}


def once(runs: list[str]) -> list[str]:
    """What stands in the record, sorted, when the task of each run started and ended once."""
    return sorted(f"{event} {run}" for event in ("start", "end") for run in runs)


def at_once(record: Path) -> int:
    """How many of the tasks ran at the same time, at most."""
    running = greatest = 0
    for line in lines(record):
        running += 1 if line.startswith("start") else -1
        greatest = max(greatest, running)
    return greatest
