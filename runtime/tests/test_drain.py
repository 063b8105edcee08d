"""The follower of a worker, against an S3 server and an agent that answers as ECS's does."""

import json
import os
import threading
import time
from collections.abc import Iterator

import boto3
import pytest

from tests.agent import Agent, running_agent
from tests.deployment import BUCKET
from tests.peers import PATIENCE, forked, until
from windsock_airflow.drain import Follower

PROTECT = {"ProtectionEnabled": True, "ExpiresInMinutes": 120}
RELEASE = {"ProtectionEnabled": False}


class Worker:
    """What a worker of generation 2 of the queue `default` sees of its follower."""

    def __init__(self, prefix: str, agent_uri: str | None) -> None:
        self.prefix = prefix
        self.stops: list[str] = []
        self.work: list[bool | Exception] = []
        """Whether it has work at each of the next looks, or why it cannot tell; none after them."""
        self.s3 = boto3.client("s3")
        agent = {"ECS_AGENT_URI": agent_uri} if agent_uri else {}
        self.follower = Follower(
            {
                "WINDSOCK_QUEUE": "default",
                "WINDSOCK_WORKER_GENERATION": "2",
                "WINDSOCK_STORAGE_URI": f"s3://{BUCKET}/{prefix}",
                **agent,
            }
        )

    def start(self) -> None:
        self.follower.start(
            lambda: self.stops.append(threading.current_thread().name),
            self.has_work,
        )

    def has_work(self) -> bool:
        answer = self.work.pop(0) if self.work else False
        if isinstance(answer, Exception):
            raise answer
        return answer

    def publish(self, content: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.prefix}/pointer.json", Body=content)

    def point(self, revision: int, queues: dict[str, int]) -> None:
        self.write({"revision": revision, "queues": queues})

    def remove_queue(self, seconds: float = 3600) -> None:
        """Has the worker empty its queue for so long."""
        emptying = {"default": {"generation": 2, "until": int(time.time() + seconds)}}
        self.write({"revision": 3, "queues": {}, "emptying": emptying})

    def write(self, workers: dict[str, object]) -> None:
        self.publish(json.dumps({"bundle": None, "workers": workers, "operation": 1}))

    def is_stopped(self) -> bool | None:
        return len(self.stops) > 0 or None


@pytest.fixture
def agent() -> Iterator[Agent]:
    with running_agent() as made:
        yield made


@pytest.fixture
def worker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, s3: str, agent: Agent
) -> Iterator[Worker]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
    for limit in ("drain.PATIENCE_SECONDS", "protection.TIMEOUT_SECONDS"):
        monkeypatch.setattr(f"windsock_airflow.{limit}", 60)
    made = Worker(request.node.name, agent.uri)
    yield made
    agent.answering.set()
    made.follower.end()


def test_a_worker_is_protected_before_it_takes_work_and_no_more_when_it_has_drained(
    worker: Worker, agent: Agent
) -> None:
    worker.point(2, {"default": 2})
    worker.start()
    assert agent.asked == [PROTECT]
    assert worker.stops == []
    worker.follower.end()
    assert agent.asked == [PROTECT, RELEASE]


def test_a_worker_that_comes_too_late_takes_no_work_at_all(worker: Worker) -> None:
    worker.point(3, {"default": 3})
    worker.start()
    assert len(worker.stops) == 1


def test_only_a_pointer_that_reads_as_one_stops_a_worker(worker: Worker) -> None:
    worker.publish('{"bundle": null, "workers": {"revision": 3}}')
    worker.start()
    assert worker.stops == []
    worker.point(3, {"default": 3})
    until("it stops consuming", worker.is_stopped)


def test_a_worker_that_drains_stays_protected_and_is_told_only_once(worker: Worker, agent: Agent) -> None:
    agent.granting = False
    worker.point(3, {"default": 3})
    worker.start()
    until("protection is asked for again", lambda: len(agent.asked) > 1 or None)
    assert agent.asked[:2] == [PROTECT, PROTECT]
    assert len(worker.stops) == 1


def test_a_worker_whose_queue_is_gone_stops_when_it_had_nothing_to_do_twice_in_a_row(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("windsock_airflow.drain.LOOK_SECONDS", 0.1)
    worker.work = [False, True, False, True, True, False]
    worker.remove_queue()
    worker.start()
    until("it stops consuming", worker.is_stopped)
    assert worker.work == []


def test_a_worker_that_cannot_tell_whether_work_waits_stays_and_says_so(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("windsock_airflow.drain.LOOK_SECONDS", 0.1)
    worker.work = [False, ConnectionError("the database is away"), False, True]
    worker.remove_queue()
    worker.start()
    until("it stops consuming", worker.is_stopped)
    assert worker.work == []
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["Nobody tells what waits in this worker's queue; next try in 10 s"]


def test_a_worker_that_empties_its_queue_goes_when_another_generation_works_on_that(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("windsock_airflow.drain.LOOK_SECONDS", 0.1)
    worker.work = [True] * 1000
    worker.remove_queue()
    worker.start()
    until("it looks again", lambda: len(worker.work) < 998 or None)
    assert worker.stops == []
    worker.point(4, {"default": 4})
    until("it stops consuming", worker.is_stopped)


def test_a_worker_that_empties_its_queue_goes_when_the_time_for_that_is_over(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("windsock_airflow.drain.LOOK_SECONDS", 0.1)
    worker.work = [True] * 1000
    worker.remove_queue(seconds=3600)
    worker.start()
    assert worker.stops == []
    worker.remove_queue(seconds=0)
    until("it stops consuming", worker.is_stopped)


def test_without_ecs_a_worker_follows_the_pointer_all_the_same(worker: Worker) -> None:
    alone = Worker(worker.prefix, None)
    alone.point(3, {"default": 3})
    alone.start()
    assert len(alone.stops) == 1
    alone.follower.end()


def test_without_storage_or_agent_a_worker_works_on(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.point(3, {"default": 3})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    alone = Worker(worker.prefix, "http://127.0.0.1:9/api/none")
    alone.start()
    assert alone.stops == []
    alone.follower.end()


def test_a_task_that_is_forked_during_a_look_inherits_no_lock(worker: Worker, agent: Agent) -> None:
    agent.granting = False
    worker.start()
    agent.answering.clear()
    until("the agent is asked, and does not answer yet", lambda: len(agent.asked) == 2 or None)
    threading.Timer(0.5, agent.answering.set).start()
    child = forked(worker.follower.end)
    until("the child ended", lambda: os.waitpid(child, os.WNOHANG)[0] or None)


def test_a_task_that_is_forked_while_its_worker_is_told_to_go_inherits_no_lock(worker: Worker) -> None:
    said = threading.Lock()
    stopping = threading.Event()

    def stop_consuming() -> None:
        with said:  # As the streams hold theirs while the worker says that it goes.
            stopping.set()
            time.sleep(0.5)

    def speak() -> None:
        assert said.acquire(timeout=5)

    worker.point(2, {"default": 2})
    worker.follower.start(stop_consuming, worker.has_work)
    worker.point(3, {"default": 3})
    assert stopping.wait(30 * PATIENCE)
    child = forked(speak)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    worker.follower.end()
