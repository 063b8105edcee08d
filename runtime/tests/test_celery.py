"""A deployment with the executor CELERY: real worker, real broker, and from one executor to another."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.peers import PATIENCE, RedisServer, until
from tests.recorded import lines, once, publish_recorded, started
from tests.scenarios import (
    another_worker_empties_a_removed_queue,
    bundle,
    empties_a_removed_queue,
    ends_after_its_file_moved,
    five_run_and_the_rest_wait,
    waits_for_a_busy_worker,
)
from tests.written import keeps_the_log_of_a_killed_worker, shows_a_log_as_it_grows
from windsock_airflow.health import sign_of_life
from windsock_airflow.postgres import Server
from windsock_airflow.waiting import tasks_wait


@pytest.fixture(scope="module")
def celery(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, broker: RedisServer, s3: str
) -> Iterator[Deployment]:
    """A deployment whose components are all healthy, and whose executor is CELERY."""
    with Deployment(tmp_path_factory.mktemp("deployments") / "c0celery", postgres, broker, s3) as made:
        made.environment["WINDSOCK_EXECUTOR"] = "CELERY"
        created = made.database("create")
        assert created.returncode == 0, created.stderr
        made.start_all()
        yield made


def alive(deployment: Deployment) -> Path:
    return sign_of_life(deployment.task_folder("worker") / "airflow-worker")


def test_a_dag_runs_and_its_log_is_kept_in_storage(celery: Deployment) -> None:
    celery.publish(bundle("hello", "A"))
    run = celery.run("hello")
    assert celery.outcome("hello", run) == "success"
    assert celery.tries("hello", run) == [("first", 1, "success"), ("second", 1, "success")]
    path = f"/api/v2/dags/hello/dagRuns/{run}/taskInstances/first/logs/1"
    until("its log is stored", lambda: "greetings from A" in str(celery.api("GET", path)[1]) or None)


def test_no_component_prints_a_password(celery: Deployment) -> None:
    for log in celery.folder.glob("*.log"):
        text = log.read_text()
        for name in ("WINDSOCK_BROKER_PASSWORD", "WINDSOCK_RESULT_PASSWORD"):
            assert celery.environment[name] not in text, log.name


def test_the_log_of_a_task_that_runs_is_shown_as_it_grows(
    celery: Deployment, tmp_path: Path, go: Path
) -> None:
    shows_a_log_as_it_grows(celery, tmp_path / "more", go)


def test_the_log_of_a_task_whose_worker_is_killed_is_kept(
    celery: Deployment, tmp_path: Path, go: Path
) -> None:
    keeps_the_log_of_a_killed_worker(celery, tmp_path / "more", go)


def test_a_worker_told_to_stop_ends_its_task_first(celery: Deployment, go: Path) -> None:
    celery.publish(bundle("drain", "A", go))
    run = celery.run("drain")
    until("the first task runs", lambda: ("first", 1, "running") in celery.tries("drain", run) or None)
    with celery.says("worker", "Warm shutdown"):
        celery.ask_to_stop("worker")
    go.touch()
    assert celery.ended("worker") == 0
    assert ("first", 1, "success") in celery.tries("drain", run)
    celery.start("worker")
    assert celery.outcome("drain", run) == "success"


def test_what_died_is_not_healthy_by_its_last_sign_of_life(celery: Deployment) -> None:
    celery.await_healthy("worker")
    celery.processes.pop("worker").kill()
    celery.start("worker")
    with celery.suspended("worker"):
        assert "it is still starting" in celery.health("worker").stderr
    celery.await_healthy("worker")


def test_a_broker_that_is_killed_loses_no_task_and_no_worker(
    celery: Deployment, broker: RedisServer, tmp_path: Path, go: Path
) -> None:
    record = tmp_path / "record"
    publish_recorded(celery, record, go)
    first = celery.run("recorded")
    until("it runs", lambda: lines(record) or None)
    broker.kill()
    status, during = celery.api("POST", "/api/v2/dags/recorded/dagRuns", {"logical_date": None})
    assert status == 200
    killed = time.time()
    until("the worker shows life without it", lambda: alive(celery).stat().st_mtime > killed + 3 or None)
    broker.start()
    go.touch()
    runs = [first, during["dag_run_id"]]
    for run in runs:
        assert celery.outcome("recorded", run) == "success"
        assert celery.tries("recorded", run) == [("work", 1, "success")]
    assert sorted(lines(record)) == once(runs)


def test_a_worker_whose_generation_is_passed_ends_its_task_while_the_next_one_works(
    celery: Deployment, go: Path
) -> None:
    celery.publish(bundle("rolled", "A", go))
    run = celery.run("rolled")
    until("the first task runs", lambda: ("first", 1, "running") in celery.tries("rolled", run) or None)
    older = celery.roll_workers()
    go.touch()
    assert celery.outcome("rolled", run) == "success"
    assert celery.tries("rolled", run) == [("first", 1, "success"), ("second", 1, "success")]
    assert older.wait(60 * PATIENCE) == 0


def test_a_worker_whose_queue_was_removed_empties_it_first(celery: Deployment, go: Path) -> None:
    empties_a_removed_queue(celery, go)


def test_what_a_worker_leaves_that_was_stopped_as_it_emptied_its_queue_another_one_ends(
    celery: Deployment, go: Path
) -> None:
    another_worker_empties_a_removed_queue(celery, go)


def test_what_a_full_pool_holds_back_waits_for_the_worker(celery: Deployment) -> None:
    def resize(slots: int) -> None:
        pool = {"pool": "default_pool", "slots": slots, "include_deferred": False}
        assert celery.api("PATCH", "/api/v2/pools/default_pool?update_mask=slots", pool)[0] == 200

    assert not tasks_wait(celery.environment)
    celery.publish(bundle("held", "A"))
    resize(0)
    run = celery.run("held")
    until("it is held back", lambda: "scheduled" in str(celery.tries("held", run)) or None)
    assert tasks_wait(celery.environment)
    assert not tasks_wait({**celery.environment, "WINDSOCK_QUEUE": "another"})
    resize(128)
    assert celery.outcome("held", run) == "success"
    assert not tasks_wait(celery.environment)


def test_a_task_waits_for_a_busy_worker_for_any_time(celery: Deployment, tmp_path: Path, go: Path) -> None:
    waits_for_a_busy_worker(celery, tmp_path / "record", go)


def test_a_run_in_flight_finds_its_file_after_a_deploy_moved_it(celery: Deployment, go: Path) -> None:
    ends_after_its_file_moved(celery, go)


@pytest.mark.parametrize("executor", ["ASTRO", "CELERY"])
def test_tasks_outlive_a_change_of_the_executor(
    celery: Deployment, executor: str, tmp_path: Path, go: Path
) -> None:
    record = tmp_path / "record"
    publish_recorded(celery, record, go)
    runs = [celery.run("recorded") for _ in range(6)]
    until("five run and one waits", lambda: five_run_and_the_rest_wait(celery, "recorded", runs))
    until("the five have started", lambda: len(started(record)) == 5 or None)
    held = started(record)
    older = celery.change_executor(executor)
    go.touch()

    for run in runs:
        assert celery.outcome("recorded", run) == "success"
        assert celery.tries("recorded", run) == [("work", 1 if run in held else 2, "success")]
    assert sorted(lines(record)) == once(runs)
    assert older.wait(60 * PATIENCE) == 0


def test_a_worker_that_is_started_again_goes_on_to_empty_its_queue(
    celery: Deployment, tmp_path: Path, go: Path
) -> None:
    record = tmp_path / "record"
    publish_recorded(celery, record, go)
    runs = [celery.run("recorded") for _ in range(7)]
    until("five run and two wait", lambda: five_run_and_the_rest_wait(celery, "recorded", runs))
    until("the five have started", lambda: len(started(record)) == 5 or None)
    held = started(record)
    celery.remove_queue()
    celery.processes.pop("worker").kill()
    celery.start("worker")
    go.touch()
    for run in runs:
        if run not in held:
            assert celery.outcome("recorded", run) == "success"
    assert celery.ended("worker") == 0
