"""A whole deployment of real components, driven through its commands, its storage and Airflow's API."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.deferring import DEFERRING
from tests.deployment import Deployment, front_door_token
from tests.peers import PATIENCE, until
from tests.recorded import at_once, publish_recorded, started
from tests.scenarios import (
    another_worker_empties_a_removed_queue,
    bundle,
    empties_a_removed_queue,
    ends_after_its_file_moved,
    waits_for_a_busy_worker,
)
from tests.written import keeps_the_log_of_a_killed_worker, shows_a_log_as_it_grows
from windsock_airflow.health import sign_of_life

EXAMPLES = Path(__file__).parents[2] / "examples"
LONGEST_WAIT_SECONDS = 30
"""A request waits no longer for an api-server that restarts."""

# The first time it runs it blocks, as no trigger may.
BLOCKING_TRIGGER = """
import time
from pathlib import Path
from airflow.triggers.base import BaseTrigger, TriggerEvent

class Trigger(BaseTrigger):
    def serialize(self):
        return "plugin.Trigger", {{}}

    async def run(self):
        if not Path("{blocked}").exists():
            Path("{blocked}").touch()
            time.sleep(3600)
        yield TriggerEvent("done")
"""


def project(name: str) -> dict[str, str]:
    """The files that `astro deploy --dags` uploads of an example."""
    root = EXAMPLES / name
    return {str(path.relative_to(root)): path.read_text() for path in root.glob("dags/**/*.*")}


def test_a_dag_is_visible_soon_and_its_logs_are_kept_in_storage(running: Deployment) -> None:
    digest = running.publish(bundle("hello", "A"))
    run = running.run("hello")
    assert running.outcome("hello", run) == "success"
    status, answer = running.api("GET", f"/api/v2/dags/hello/dagRuns/{run}")
    assert (status, answer["bundle_version"]) == (200, digest)

    path = f"/api/v2/dags/hello/dagRuns/{run}/taskInstances/first/logs/1"
    until("its log is shown", lambda: "greetings from A" in str(running.api("GET", path)[1]) or None)
    until("it is stored", lambda: any("task_id=first" in key for key in running.stored("logs/")) or None)


def test_a_run_in_flight_finishes_on_the_code_it_started_with(running: Deployment, go: Path) -> None:
    running.publish(bundle("flight", "A", go))
    run = running.run("flight")
    until("the first task runs", lambda: ("first", 1, "running") in running.tries("flight", run) or None)
    running.publish(bundle("flight", "B"))
    until("the new code is seen", lambda: running.tags("flight") == ["B"] or None)
    go.touch()
    assert running.outcome("flight", run) == "success"
    path = f"/api/v2/dags/flight/dagRuns/{run}/taskInstances/second/xcomEntries/return_value"
    assert running.api("GET", path)[1]["value"] == "AA"

    run = running.run("flight")
    assert running.outcome("flight", run) == "success"


def test_a_run_in_flight_finds_its_file_after_a_deploy_moved_it(running: Deployment, go: Path) -> None:
    ends_after_its_file_moved(running, go)


def test_a_bundle_right_after_another_is_seen_whole(running: Deployment) -> None:
    running.publish(bundle("twice", "A"))
    until("the first is seen", lambda: running.tags("twice") == ["A"] or None)
    files = bundle("twice", "B")
    files["dags/twice.py"] = files["dags/twice.py"].replace("second(", "last(")
    running.publish(files)
    until("the second is seen", lambda: running.tags("twice") == ["B"] or None)

    def tasks() -> list[str]:
        _, answer = running.api("GET", "/api/v2/dags/twice/tasks")
        return [task["task_id"] for task in answer["tasks"]]

    until("its tasks are seen", lambda: tasks() == ["first", "last"] or None, 10)


def test_a_bundle_that_is_gone_back_to_is_seen_again(running: Deployment) -> None:
    digests: list[str] = []
    for code in ("A", "B", "A"):
        digests.append(running.publish(bundle("returned", code)))
        until(f"{code} is seen", lambda code=code: running.tags("returned") == [code] or None)
    assert digests[0] == digests[2]


def test_a_dag_whose_file_could_not_be_read_is_back_soon_once_it_can(running: Deployment, go: Path) -> None:
    files = bundle("flaky", "A")
    source = files["dags/flaky.py"]
    running.publish({**files, "dags/flaky.py": f"open({str(go)!r}).close()\n{source}"})
    until(
        "it shows the error", lambda: running.api("GET", "/api/v2/importErrors")[1]["import_errors"] or None
    )
    go.touch()
    assert running.outcome("flaky", running.run("flaky")) == "success"
    assert running.api("GET", "/api/v2/importErrors")[1]["import_errors"] == []


def test_a_dag_that_leaves_its_file_right_after_it_came_is_gone_soon(running: Deployment) -> None:
    files = bundle("stays", "A")
    both = files["dags/stays.py"] + bundle("leaves", "A")["dags/leaves.py"]
    running.publish({**files, "dags/stays.py": both})
    until("both are there", lambda: {"stays", "leaves"} <= running.dags() or None)
    running.publish(files)
    until("it is gone", lambda: "leaves" not in running.dags() or None, 90)
    assert "stays" in running.dags()


def test_a_callback_of_a_dag_without_versions_is_called(running: Deployment, go: Path) -> None:
    running.publish(
        {
            "dags/unversioned.py": f"""
from pathlib import Path
from airflow.sdk import dag, task

@dag(
    schedule=None,
    is_paused_upon_creation=False,
    disable_bundle_versioning=True,
    on_success_callback=lambda context: Path("{go}").write_text(context["run_id"]),
)
def unversioned():
    @task
    def work() -> None: ...

    work()

unversioned()
"""
        }
    )
    run = running.run("unversioned")
    assert running.outcome("unversioned", run) == "success"
    until("it was called", lambda: (go.exists() and go.read_text() == run) or None)


def test_a_dag_with_a_syntax_error_shows_it_and_breaks_no_other(running: Deployment) -> None:
    running.publish({**bundle("sound", "A"), "dags/broken.py": "import airflow.sdk\nDAG = = 1"})
    assert running.outcome("sound", running.run("sound")) == "success"

    def import_errors() -> list[dict[str, str]] | None:
        return running.api("GET", "/api/v2/importErrors")[1]["import_errors"] or None

    (error,) = until("it shows the error", import_errors)
    assert error["filename"] == "broken.py"
    assert "SyntaxError" in error["stack_trace"]
    running.publish(bundle("sound", "A"))


def test_the_example_runs_through_its_sensor_retry_branch_and_asset(running: Deployment) -> None:
    running.publish(project("etl"))
    until("the DAG is listed", lambda: running.api("GET", "/api/v2/dags/planets")[0] == 200 or None)
    assert running.outcome("planets") == "success"
    tries = running.tries("planets")
    assert ("observatory", 2, "success") in tries
    assert ("the_law_holds", 1, "success") in tries
    assert ("exceptions", 0, "skipped") in tries
    assert [task for task, _, _ in tries].count("transform") == 3
    assert running.outcome("planets_summary") == "success"


@pytest.mark.parametrize(
    ("role", "read", "run", "connections"),
    [("VIEWER", 200, 403, 403), ("USER", 200, 404, 403), ("OP", 200, 404, 200), ("ADMIN", 200, 404, 200)],
)
def test_what_a_role_may_do(running: Deployment, role: str, read: int, run: int, connections: int) -> None:
    token = front_door_token(role)
    assert running.api("GET", "/api/v2/dags", token=token)[0] == read
    assert running.api("POST", "/api/v2/dags/none/dagRuns", {"logical_date": None}, token)[0] == run
    assert running.api("GET", "/api/v2/connections", token=token)[0] == connections


@pytest.mark.parametrize(
    ("make_token", "status"),
    [
        (lambda: front_door_token("OWNER"), 403),
        (lambda: front_door_token(aud="another-namespace-0001"), 403),
        (lambda: front_door_token(iss="someone-else"), 403),
        (lambda: front_door_token(exp=time.time() - 60), 401),
        (lambda: jwt.encode({"sub": "eve", "role": "ADMIN"}, Ed25519PrivateKey.generate(), "EdDSA"), 403),
        (
            lambda: jwt.encode({"sub": "eve", "role": "ADMIN"}, "x" * 64, "HS512", {"kid": "front-door-1"}),
            403,
        ),
        (lambda: "garbage", 403),
    ],
)
def test_only_the_front_doors_tokens_for_this_deployment_open_it(
    running: Deployment, make_token: Callable[[], str], status: int
) -> None:
    assert running.api("GET", "/api/v2/dags", token=make_token())[0] == status


def test_without_a_token_it_asks_for_one_and_shows_where_to_sign_in(running: Deployment) -> None:
    assert running.api("GET", "/api/v2/dags", token="")[0] in (401, 403)
    location = running.redirect("/api/v2/auth/login?next=/quasar-clear-1234/dags")
    assert location == "http://localhost:8888/signin?next=%2Fquasar-clear-1234%2Fdags"


def test_the_log_of_a_task_that_runs_is_shown_as_it_grows(
    running: Deployment, tmp_path: Path, go: Path
) -> None:
    shows_a_log_as_it_grows(running, tmp_path / "more", go)


def test_the_log_of_a_task_whose_worker_is_killed_is_kept(
    running: Deployment, tmp_path: Path, go: Path
) -> None:
    keeps_the_log_of_a_killed_worker(running, tmp_path / "more", go)


def test_a_worker_told_to_stop_ends_its_task_first(running: Deployment, go: Path) -> None:
    running.publish(bundle("drain", "A", go))
    run = running.run("drain")
    until("the first task runs", lambda: ("first", 1, "running") in running.tries("drain", run) or None)
    running.ask_to_stop("worker")
    until("it drains", lambda: running.worker_states()[str(running.revision)] == "terminating" or None)
    go.touch()
    assert running.ended("worker") == 0
    assert ("first", 1, "success") in running.tries("drain", run)
    running.start("worker")
    assert running.outcome("drain", run) == "success"


def test_a_worker_whose_queue_moved_on_ends_its_task_while_the_next_takes_what_is_new(
    running: Deployment, go: Path
) -> None:
    running.publish({**bundle("long", "A", go), **bundle("short", "A")})
    run = running.run("long")
    until("the first task runs", lambda: ("first", 1, "running") in running.tries("long", run) or None)
    older = running.roll_workers()
    until("the older worker drains", lambda: running.worker_states()["1"] == "terminating" or None)
    assert running.outcome("short", running.run("short")) == "success"
    assert ("first", 1, "running") in running.tries("long", run)
    go.touch()
    assert older.wait(60 * PATIENCE) == 0
    assert running.outcome("long", run) == "success"
    settled = {"1": "offline", "2": "idle"}
    until("the older is offline, the next idle", lambda: running.worker_states() == settled or None)
    assert [tries for _, tries, _ in running.tries("long", run)] == [1, 1]


def test_a_worker_whose_queue_was_removed_empties_it_first(running: Deployment, go: Path) -> None:
    empties_a_removed_queue(running, go)


def test_what_a_worker_leaves_that_was_stopped_as_it_emptied_its_queue_another_one_ends(
    running: Deployment, go: Path
) -> None:
    another_worker_empties_a_removed_queue(running, go)


def test_a_task_waits_for_a_busy_worker_for_any_time(running: Deployment, tmp_path: Path, go: Path) -> None:
    waits_for_a_busy_worker(running, tmp_path / "record", go)


def test_no_more_tasks_run_than_the_deployment_may_have(
    running: Deployment, tmp_path: Path, go: Path
) -> None:
    record = tmp_path / "record"
    publish_recorded(running, record, go)
    with running.variables("scheduler", AIRFLOW__CORE__PARALLELISM="2"):
        runs = [running.run("recorded") for _ in range(4)]
        until("two run", lambda: len(started(record)) == 2 or None)

        def heartbeat() -> str:
            return running.api("GET", "/api/v2/monitor/health")[1]["scheduler"]["latest_scheduler_heartbeat"]

        for _ in range(2):
            before = heartbeat()
            until("the scheduler has looked again", lambda before=before: heartbeat() > before or None)
        go.touch()
        for run in runs:
            assert running.outcome("recorded", run) == "success"
        assert at_once(record) == 2


def test_a_task_takes_one_slot_of_its_worker_however_many_of_its_pool(
    running: Deployment, tmp_path: Path, go: Path
) -> None:
    publish_recorded(running, tmp_path / "record", go, pool_slots=6)
    go.touch()
    assert running.outcome("recorded", running.run("recorded")) == "success"


@pytest.mark.parametrize("component", ["scheduler", "dag-processor", "triggerer", "worker"])
def test_what_died_is_not_healthy_by_its_last_heartbeat(running: Deployment, component: str) -> None:
    running.await_healthy(component)
    running.processes.pop(component).kill()
    running.start(component)
    with running.suspended(component):
        assert "it is still starting" in running.health(component).stderr
    running.await_healthy(component)


def test_a_triggerer_whose_trigger_blocks_all_others_ends_and_is_well_when_started_again(
    running: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "plugin.py").write_text(BLOCKING_TRIGGER.format(blocked=tmp_path / "blocked"))
    running.publish({"dags/deferring.py": DEFERRING})
    with running.variables(
        "triggerer",
        AIRFLOW__CORE__PLUGINS_FOLDER=str(tmp_path),
        AIRFLOW__TRIGGERER__RUNNER_HEALTH_CHECK_THRESHOLD="5",
    ):
        run = running.run("deferring")
        until("a trigger blocks", lambda: (tmp_path / "blocked").exists() or None)
        running.ended("triggerer")
        running.start("triggerer")
        running.await_healthy("triggerer")
        assert running.outcome("deferring", run) == "success"


def test_a_triggerer_that_is_told_to_stop_ends_soon_each_time(running: Deployment) -> None:
    for _ in range(4):
        begin = time.monotonic()
        assert running.stop("triggerer") == 0
        # Airflow gives the process of the triggers ten seconds.
        assert time.monotonic() - begin < 8
        running.start("triggerer")
        running.await_healthy("triggerer")


def test_a_worker_whose_registration_was_answered_to_nobody_registers_again(running: Deployment) -> None:
    running.processes.pop("worker").kill()
    sign_of_life(running.task_folder("worker") / "airflow-worker").unlink()
    running.start("worker")
    running.await_healthy("worker")


def test_a_worker_outlives_an_api_server_that_does_not_answer(running: Deployment) -> None:
    running.publish(bundle("outage", "A"))
    until("the DAG is listed", lambda: running.api("GET", "/api/v2/dags/outage")[0] == 200 or None)
    alive = sign_of_life(running.task_folder("worker") / "airflow-worker")
    with running.suspended("api-server"):
        longest = lives_on(alive, LONGEST_WAIT_SECONDS)
        until("the worker shows life without it", longest, 2 * LONGEST_WAIT_SECONDS)
    assert running.outcome("outage", running.run("outage")) == "success"
    assert running.health("worker").returncode == 0
    assert running.processes["worker"].poll() is None


def test_each_process_of_an_api_server_answers_its_first_request_at_once(running: Deployment) -> None:
    processes = 3
    before = running.environment["WINDSOCK_SETTINGS"]
    running.environment["WINDSOCK_SETTINGS"] = json.dumps({"AIRFLOW__API__WORKERS": str(processes)})
    try:
        with running.says("api-server", "Application startup complete", processes):
            running.stop("api-server")
            running.start("api-server")
        servers = psutil.Process(running.processes["api-server"].pid).children()
        used = {server.pid: server.cpu_times().user for server in servers}
        with ThreadPoolExecutor(12) as clients:
            answers = list(clients.map(lambda _: running.api("GET", "/execution/health")[0], range(12)))
        assert answers == [200] * 12
        # To build its execution API takes a process two seconds and more.
        assert all(server.cpu_times().user - used[server.pid] < 1 for server in servers)
    finally:
        running.environment["WINDSOCK_SETTINGS"] = before
        running.restart("api-server")


def lives_on(alive: Path, seconds: int) -> Callable[[], bool | None]:
    """Asks whether a component has shown life for so long from now on."""
    begin = time.time()
    return lambda: alive.stat().st_mtime > begin + seconds or None


def test_a_bundle_that_comes_while_the_one_before_is_read_is_read_as_well(running: Deployment) -> None:
    def slow(tag: str) -> str:
        return f"""
import time
from airflow.sdk import DAG

time.sleep(6)
dag = DAG("slow_to_read", tags=["{tag}"])
"""

    running.publish({"dags/slow.py": slow("first")})
    time.sleep(3)
    running.publish({"dags/slow.py": slow("second")})
    until("the second is read", lambda: running.tags("slow_to_read") == ["second"] or None, 40)
