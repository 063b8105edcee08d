"""The copies of running tasks' logs, against an S3 server that may be away, and one that never answers."""

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.deployment import BUCKET
from tests.peers import PATIENCE, forked, free_port, until
from windsock_airflow.running_logs import Beginning, Copy, RunningLogs, to_do
from windsock_airflow.storage import Storage

NAME = "dag_id=d/run_id=r/task_id=t/attempt=1.log"
MIB = 1 << 20


@pytest.mark.parametrize(
    ("copy", "size", "now", "what"),
    [
        (Copy(at=100), 7, 104, "wait"),
        (Copy(at=100), 7, 105, "copy"),
        (Copy(at=100), 0, 200, "wait"),
        (Copy(at=100, size=7, may_exist=True), 7, 200, "wait"),
        (Copy(at=100, size=7, may_exist=True), 8, 105, "copy"),
        (Copy(at=100, size=7, may_exist=True), 3, 105, "copy"),
        (Copy(at=100, size=7, may_exist=True), 4 * MIB, 119, "wait"),
        (Copy(at=100, size=7, may_exist=True), 4 * MIB, 120, "copy"),
        (Copy(at=100, size=7, may_exist=True), 4 * MIB, math.inf, "copy"),
        (Copy(at=100, size=7, may_exist=True), None, 100, "delete"),
        (Copy(at=100, may_exist=True), None, 100, "delete"),
        (Copy(at=100), None, 100, "forget"),
    ],
)
def test_what_is_to_do_about_a_log(copy: Copy, size: int | None, now: float, what: str) -> None:
    assert to_do(copy, size, now) == what


def test_of_a_file_that_grows_its_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("written, and more")
    with Beginning(file, 7) as content:
        assert content.read() == b"written"
        assert content.read(1) == b""
        assert content.seek(0, os.SEEK_END) == 7
        content.seek(2)
        assert content.read(3) == b"itt"
        assert content.read(100) == b"en"


class Worker:
    """A worker's folder of logs, what it says of its tasks, and the copies in storage."""

    def __init__(self, folder: Path, prefix: str, endpoint: str) -> None:
        self.log = folder / NAME
        self.log.parent.mkdir(parents=True)
        self.tasks = [NAME]
        self.looks = 0
        self.prefix = prefix
        self.s3 = boto3.client("s3", endpoint_url=endpoint)
        remote = f"s3://{BUCKET}/{prefix}/logs"
        self.logs = RunningLogs(
            {
                "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder),
                "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": remote,
            }
        )

    def start(self) -> None:
        self.logs.start(self.running)

    def running(self) -> list[str]:
        self.looks += 1
        return self.tasks

    def write(self, text: str) -> None:
        with self.log.open("a") as file:
            file.write(text)

    def copies(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/logs/")
        return [entry["Key"].removeprefix(f"{self.prefix}/logs/") for entry in listed.get("Contents", [])]

    def copied(self, text: str) -> bool | None:
        """Whether this is what the copy holds."""
        key = f"{self.prefix}/logs/{NAME}.running"
        content = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() if self.copies() else b""
        return content == text.encode() or None


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("LOOK_SECONDS", "COPY_SECONDS"):
        monkeypatch.setattr(f"windsock_airflow.running_logs.{name}", 0.1)


@pytest.fixture
def worker(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    credentials: None,
    s3: str,
    tmp_path: Path,
) -> Iterator[Worker]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
    made = Worker(tmp_path / "logs", request.node.name, s3)
    yield made
    made.logs.end()


def test_a_copy_grows_with_its_log_and_goes_with_it(worker: Worker) -> None:
    worker.start()
    worker.write("one\n")
    until("it is copied", lambda: worker.copied("one\n"))
    worker.write("two\n")
    until("more of it is copied", lambda: worker.copied("one\ntwo\n"))
    assert worker.copies() == [f"{NAME}.running"]
    worker.log.unlink()
    until("the copy is gone", lambda: worker.copies() == [] or None)


def test_a_large_log_is_copied_whole(worker: Worker) -> None:
    text = "a line of a log\n" * 200_000
    worker.write(text)
    worker.start()
    until("it is copied", lambda: worker.copied(text))


def test_the_last_look_copies_and_deletes_at_once(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.write("ends\n")
    another = worker.log.with_name("attempt=2.log")
    worker.start()
    until("it is copied", lambda: worker.copied("ends\n"))
    for name in ("LOOK_SECONDS", "COPY_SECONDS"):
        monkeypatch.setattr(f"windsock_airflow.running_logs.{name}", 60)
    worker.log.unlink()
    another.write_text("could not be stored")
    worker.tasks = [str(another)]
    worker.logs.end()
    assert worker.copies() == [f"{NAME.replace('1.log', '2.log')}.running"]


def test_what_a_killed_worker_left_is_copied_and_stays(worker: Worker) -> None:
    worker.write("its last words")
    worker.tasks = []
    worker.start()
    until("it is copied", lambda: worker.copied("its last words"))
    before = worker.s3.head_object(Bucket=BUCKET, Key=f"{worker.prefix}/logs/{NAME}.running")
    another = worker.log.with_name("attempt=2.log")
    another.write_text("of a task that runs now")
    worker.tasks = [str(another)]
    until("another is copied", lambda: len(worker.copies()) == 2 or None)
    another.unlink()
    until("that is gone", lambda: len(worker.copies()) == 1 or None)
    after = worker.s3.head_object(Bucket=BUCKET, Key=f"{worker.prefix}/logs/{NAME}.running")
    assert after["LastModified"] == before["LastModified"]


def test_an_outage_of_storage_is_said_once_and_what_was_missed_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, credentials: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "windsock_airflow.running_logs")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    worker = Worker(tmp_path / "logs", "outage", endpoint)
    worker.write("one\n")
    worker.start()
    until("it is tried a few times", lambda: worker.looks > 5 or None)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        worker.s3.create_bucket(Bucket=BUCKET)
        until("it is copied", lambda: worker.copied("one\n"))
        worker.logs.end()
    finally:
        server.stop()
    said = [record.message for record in caplog.records if record.name == "windsock_airflow.running_logs"]
    assert said == [
        "The logs of running tasks cannot be copied; tried each 5 s",
        "The logs of running tasks are copied again",
    ]


def test_a_fork_waits_a_moment_for_storage_that_hangs_and_inherits_no_lock(
    monkeypatch: pytest.MonkeyPatch, credentials: None, tmp_path: Path
) -> None:
    monkeypatch.setattr("windsock_airflow.running_logs.PATIENCE_SECONDS", 60)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        worker = Worker(tmp_path / "logs", "silent", endpoint)
        worker.write("one\n")
        worker.start()
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)
            begin = time.monotonic()
            child = forked(lambda: os.waitpid(forked(lambda: None), 0))
            assert time.monotonic() - begin < 1 + PATIENCE
            until(
                "the child, which forks as well, has ended", lambda: os.waitpid(child, os.WNOHANG)[0] or None
            )
        worker.logs.end()


def test_a_fork_waits_for_a_request_that_is_answered_soon(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child can take any lock that the thread held."""
    held = threading.Lock()
    asked = threading.Event()

    def write(storage: Storage, name: str, content: object) -> None:
        with held:
            asked.set()
            time.sleep(0.3)

    def take() -> None:
        assert held.acquire(timeout=5)

    monkeypatch.setattr(Storage, "write", write)
    worker.write("one\n")
    worker.start()
    assert asked.wait(30 * PATIENCE)
    assert os.waitstatus_to_exitcode(os.waitpid(forked(take), 0)[1]) == 0
