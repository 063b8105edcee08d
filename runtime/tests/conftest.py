from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.deployment import BUCKET, Deployment
from tests.peers import RedisServer, running_postgres, running_redis, running_s3
from windsock_airflow.broker import Broker
from windsock_airflow.postgres import Server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with running_s3() as endpoint:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_bucket(Bucket=BUCKET)
        yield endpoint


@pytest.fixture
def go(tmp_path: Path) -> Iterator[Path]:
    """A file that tasks wait for, which the test makes; at its end at the latest, so that none is left."""
    made = tmp_path / "go"
    yield made
    made.touch()


@pytest.fixture
def deployment(tmp_path: Path, postgres: Server, broker: Broker, s3: str) -> Iterator[Deployment]:
    """A deployment of which nothing was created or started yet."""
    with Deployment(tmp_path / "c0deployment", postgres, broker, s3) as made:
        yield made


@pytest.fixture(scope="session")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, broker: Broker, s3: str
) -> Iterator[Deployment]:
    """A deployment whose components are all healthy, for every test that only uses it."""
    with Deployment(tmp_path_factory.mktemp("deployments") / "c0running", postgres, broker, s3) as made:
        created = made.database("create")
        assert created.returncode == 0, created.stderr
        made.start_all()
        yield made
