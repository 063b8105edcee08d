"""What a deployment of either executor goes through, and the bundle of a DAG that most tests run."""

from pathlib import Path

from tests.deployment import Deployment
from tests.peers import until
from tests.recorded import lines, once, publish_recorded, started

DAG = """
import time
from pathlib import Path
from airflow.sdk import dag, task
from include.wording import WORDING

@dag(schedule=None, is_paused_upon_creation=False, tags=["{code}"])
def {name}():
    @task
    def first() -> str:
        print("greetings from", WORDING)
        while not Path("{go}").exists():
            time.sleep(0.1)
        return "{code}"

    @task
    def second(before: str) -> str:
        print("code", before, "{code}")
        return before + "{code}"

    second(first())

{name}()
"""


def bundle(name: str, code: str, go: Path = Path("/")) -> dict[str, str]:
    """A bundle of one DAG, whose `include` folder lies beside `dags`, and whose first task waits for `go`."""
    dag = DAG.format(name=name, code=code, go=go)
    return {f"dags/{name}.py": dag, "include/wording.py": f'WORDING = "{code}"'}


def empties_a_removed_queue(deployment: Deployment, go: Path) -> None:
    """Removes the queue while tasks run and wait in it: all end at their first try, and then the worker."""
    deployment.publish(bundle("emptied", "A", go))
    runs = [deployment.run("emptied") for _ in range(7)]
    until("five run and two wait", lambda: five_run_and_the_rest_wait(deployment, "emptied", runs))
    deployment.remove_queue()
    go.touch()
    for run in runs:
        assert deployment.outcome("emptied", run) == "success"
        assert deployment.tries("emptied", run) == [("first", 1, "success"), ("second", 1, "success")]
    assert deployment.ended("worker") == 0
    deployment.start_next_worker()


def another_worker_empties_a_removed_queue(deployment: Deployment, go: Path) -> None:
    """Stops the worker that empties its queue, as Ctrl-C does: another one of its kind ends what is left."""
    deployment.publish(bundle("left", "A", go))
    runs = [deployment.run("left") for _ in range(7)]
    until("five run and two wait", lambda: five_run_and_the_rest_wait(deployment, "left", runs))
    deployment.remove_queue()
    deployment.ask_to_stop("worker")
    go.touch()
    assert deployment.ended("worker") == 0
    assert "queued" in {state for run in runs for _, _, state in deployment.tries("left", run)}
    deployment.start("worker")
    for run in runs:
        assert deployment.outcome("left", run) == "success"
        assert deployment.tries("left", run) == [("first", 1, "success"), ("second", 1, "success")]
    assert deployment.ended("worker") == 0
    deployment.start_next_worker()


def waits_for_a_busy_worker(deployment: Deployment, record: Path, go: Path) -> None:
    """Has tasks wait until Airflow has taken them for stuck three times, and new workers come to the queue:
    each runs once, at its first try."""
    publish_recorded(deployment, record, go)
    with deployment.variables(
        "scheduler",
        AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT="3",
        AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL="1",
    ):
        runs = [deployment.run("recorded") for _ in range(7)]
        until("the worker has all that it can", lambda: len(started(record)) == 5 or None)
        waiting = set(runs) - started(record)

        def stuck() -> list[str]:
            path = "/api/v2/eventLogs?event=stuck+in+queued+reschedule&limit=1000"
            return [event["run_id"] for event in deployment.api("GET", path)[1]["event_logs"]]

        until("they were stuck", lambda: all(stuck().count(run) > 2 for run in waiting) or None)
        deployment.roll_workers()
        go.touch()
        for run in runs:
            assert deployment.outcome("recorded", run) == "success"
            assert deployment.tries("recorded", run) == [("work", 1, "success")]
        assert sorted(lines(record)) == once(runs)


def ends_after_its_file_moved(deployment: Deployment, go: Path) -> None:
    """Moves the file of a DAG while a run's first task runs: the second is read from the file of then. What
    is cleared to run on the newest code is read from the file of now, and so is what follows it."""
    files = bundle("moved", "A", go)
    deployment.publish(files)
    run = deployment.run("moved")
    until("the first task runs", lambda: ("first", 1, "running") in deployment.tries("moved", run) or None)
    later = bundle("moved", "B")
    later["dags/of/later.py"] = later.pop("dags/moved.py")
    deployment.publish(later)
    until("the new code is seen", lambda: deployment.tags("moved") == ["B"] or None)
    go.touch()
    assert deployment.outcome("moved", run) == "success"
    path = f"/api/v2/dags/moved/dagRuns/{run}/taskInstances/second/xcomEntries/return_value"
    assert deployment.api("GET", path)[1]["value"] == "AA"
    clear = {"dry_run": False, "dag_run_id": run, "task_ids": ["first"], "run_on_latest_version": True}
    clear |= {"only_failed": False, "reset_dag_runs": True}
    assert deployment.api("POST", "/api/v2/dags/moved/clearTaskInstances", clear)[0] == 200
    until("it runs again", lambda: ("first", 2, "success") in deployment.tries("moved", run) or None)
    assert deployment.outcome("moved", run) == "success"
    clear |= {"task_ids": ["second"], "run_on_latest_version": False}
    assert deployment.api("POST", "/api/v2/dags/moved/clearTaskInstances", clear)[0] == 200
    until("the other runs again", lambda: ("second", 2, "success") in deployment.tries("moved", run) or None)
    assert deployment.api("GET", path)[1]["value"] == "BB"


def five_run_and_the_rest_wait(deployment: Deployment, dag: str, runs: list[str]) -> bool | None:
    """Whether a worker has as many of the runs' first tasks as it can, and its queue the others."""
    _, answer = deployment.api("GET", f"/api/v2/dags/{dag}/dagRuns/~/taskInstances")
    tasks = [task for task in answer["task_instances"] if task["dag_run_id"] in runs]
    states = sorted(task["state"] or "" for task in tasks if task["task_id"] in ("first", "work"))
    return states == ["queued"] * (len(runs) - 5) + ["running"] * 5 or None
