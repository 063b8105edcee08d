"""Two deployments at one broker, each as the user that `database create` made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection
from redis.exceptions import NoPermissionError

from tests.deployment import Deployment
from tests.peers import PATIENCE, RedisServer, until
from windsock_airflow.broker import Broker, key_prefix
from windsock_airflow.postgres import Server
from windsock_airflow.settings import component_environment

PREFIX_OPTION = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX"


@pytest.fixture
def other(tmp_path: Path, postgres: Server, broker: Broker, s3: str) -> Iterator[Deployment]:
    with Deployment(tmp_path / "c0other", postgres, broker, s3) as made:
        assert made.database("create").returncode == 0
        yield made
        assert made.database("drop").returncode == 0


@pytest.fixture
def created(deployment: Deployment) -> Iterator[Deployment]:
    created = deployment.database("create")
    assert created.returncode == 0, created.stderr
    yield deployment
    assert deployment.database("drop").returncode == 0


def client(deployment: Deployment) -> redis.Redis:
    """Redis as the deployment's user, without Celery's courtesy of a prefix."""
    environment = deployment.environment
    return redis.Redis.from_url(
        environment["WINDSOCK_BROKER_URL"],
        username=environment["WINDSOCK_BROKER_USER"],
        password=environment["WINDSOCK_BROKER_PASSWORD"],
        decode_responses=True,
    )


def connection(deployment: Deployment, visibility_timeout: int = 43_200) -> Connection:
    """Celery's transport as a deployment with the executor CELERY has it."""
    settings = component_environment(
        "worker", {**deployment.environment, "WINDSOCK_EXECUTOR": "CELERY"}, deployment.folder
    )
    options = {"global_keyprefix": settings[PREFIX_OPTION], "visibility_timeout": visibility_timeout}
    return Connection(settings["AIRFLOW__CELERY__BROKER_URL"], transport_options=options)


def test_a_message_goes_through_and_all_it_leaves_bears_the_deployments_prefix(
    created: Deployment, broker: Broker
) -> None:
    with connection(created) as open_connection, broker.connect() as administrator:
        queue = open_connection.SimpleQueue("default")
        queue.put({"hello": "world"})
        message = queue.get(timeout=5 * PATIENCE)
        assert message.payload == {"hello": "world"}
        prefix = key_prefix(created.environment["WINDSOCK_BROKER_USER"])
        unacknowledged = list(administrator.scan_iter())
        assert len(unacknowledged) >= 2
        assert all(key.startswith(prefix) for key in unacknowledged), unacknowledged
        message.ack()
        queue.close()


def test_an_unacknowledged_message_is_handed_out_again(created: Deployment) -> None:
    with connection(created) as first:
        queue = first.SimpleQueue("default")
        queue.put("task")
        assert queue.get(timeout=5 * PATIENCE).payload == "task"
        queue.close()
    with connection(created) as second:
        queue = second.SimpleQueue("default")
        again = queue.get(timeout=5 * PATIENCE)
        assert again.payload == "task"
        again.ack()
        queue.close()


def test_what_a_worker_held_that_died_is_handed_out_again_once_its_time_is_over(created: Deployment) -> None:
    with connection(created) as silent, connection(created, visibility_timeout=0) as second:
        queue = silent.SimpleQueue("default")
        queue.put("task")
        assert queue.get(timeout=5 * PATIENCE).payload == "task"
        second.default_channel.qos.restore_visible()
        again = second.SimpleQueue("default").get(timeout=5 * PATIENCE)
        assert again.payload == "task"
        again.ack()


@pytest.mark.parametrize(
    "command",
    [
        ("LLEN", "{}default"),
        ("LPUSH", "{}default", "forged"),
        ("RPOP", "{}default"),
        ("DEL", "{}default"),
        ("SMEMBERS", "{}_kombu.binding.default"),
        ("HGET", "{}unacked", "x"),
        ("PUBLISH", "{}/0.celery.pidbox", "shutdown"),
        ("EVALSHA", "0" * 40, "1", "{}default"),
        ("WATCH", "{}default"),
    ],
)
def test_a_deployment_reads_writes_and_reaches_nothing_of_anothers(
    created: Deployment, other: Deployment, command: tuple[str, ...]
) -> None:
    prefix = key_prefix(other.environment["WINDSOCK_BROKER_USER"])
    with client(created) as session, pytest.raises(NoPermissionError):
        session.execute_command(*(part.format(prefix) for part in command))


def test_a_deployment_hears_nothing_of_anothers_channel(created: Deployment, other: Deployment) -> None:
    theirs = f"{key_prefix(other.environment['WINDSOCK_BROKER_USER'])}/0.celery.pidbox"
    with client(created) as session:
        for pattern in ("*", theirs):
            listening = session.pubsub()
            listening.psubscribe(pattern)
            with pytest.raises(NoPermissionError):
                listening.get_message(timeout=5 * PATIENCE)


TELLING = ("KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "PUBSUB CHANNELS", "CLIENT LIST", "MONITOR", "ACL LIST")
HARMFUL = ("CONFIG GET *", "FLUSHALL", "SCRIPT KILL", "SHUTDOWN", "EVAL return 0")


@pytest.mark.parametrize("command", [*TELLING, *HARMFUL])
def test_what_tells_of_others_or_harms_all_is_refused(created: Deployment, command: str) -> None:
    with client(created) as session, pytest.raises(NoPermissionError):
        session.execute_command(*command.split())


def test_drop_ends_its_connections_and_leaves_no_key_and_no_user(
    deployment: Deployment, other: Deployment, broker: RedisServer
) -> None:
    assert deployment.database("create").returncode == 0
    user, theirs = (made.environment["WINDSOCK_BROKER_USER"] for made in (deployment, other))
    held = client(deployment)
    held.lpush(f"{key_prefix(user)}default", "a message")
    client(other).lpush(f"{key_prefix(theirs)}default", "another's")
    for _ in range(2):
        dropped = deployment.database("drop")
        assert dropped.returncode == 0, dropped.stderr
    with pytest.raises(redis.RedisError):
        held.ping()
    with broker.connect() as administrator:
        assert user not in str(administrator.execute_command("ACL", "USERS"))
        assert list(administrator.scan_iter()) == [f"{key_prefix(theirs)}default"]
    commands = broker.folder / "appendonly.aof"
    until("its messages are off the disk", lambda: b"a message" not in commands.read_bytes() or None)
    assert key_prefix(theirs).encode() in commands.read_bytes()


def test_the_reason_of_a_failure_names_the_broker_and_no_password(deployment: Deployment) -> None:
    deployment.environment["WINDSOCK_CELL_BROKER_PASSWORD"] = "wrong-password"
    refused = deployment.database("create")
    assert refused.returncode == 1
    assert "the broker refused or does not answer" in refused.stderr.splitlines()[-1]
    assert "wrong-password" not in refused.stderr
