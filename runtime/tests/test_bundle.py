import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.dag_processing.bundles import base
from botocore.exceptions import ReadTimeoutError

from tests.deployment import BUCKET, Deployment
from tests.peers import PATIENCE, forked
from windsock_airflow.bundle import BundleError, PointerBundle


@pytest.fixture
def cache(tmp_path: Path, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A task's folder of bundles; object storage is found in the environment, as in a container."""
    for name, value in deployment.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path / "bundles"))
    monkeypatch.setattr(base, "STALE_BUNDLE_TRACKING_FOLDER", tmp_path / "bundles" / "_tracking")
    before = list(sys.path)
    yield tmp_path / "bundles" / "dags" / "versions"
    sys.path[:] = before


def bundle(deployment: Deployment, version: str | None = None) -> PointerBundle:
    storage = deployment.environment["WINDSOCK_STORAGE_URI"]
    return PointerBundle(name="dags", storage=storage, version=version)


def current(followed: PointerBundle) -> str | None:
    version = followed.get_current_version()
    return version.version if version else None


def test_it_follows_the_pointer_from_nothing_on(cache: Path, deployment: Deployment) -> None:
    followed = bundle(deployment)
    followed.initialize()
    assert current(followed) is None
    assert list(followed.path.iterdir()) == []

    for content in ("one", "two"):
        digest = deployment.publish({"dags/a.py": content})
        followed.refresh()
        assert current(followed) == digest
        assert (followed.path / "a.py").read_text() == content

    deployment.point(None)
    followed.refresh()
    assert current(followed) is None


def test_a_pinned_version_needs_no_storage_once_it_is_unpacked(cache: Path, deployment: Deployment) -> None:
    old = deployment.publish({"dags/a.py": "old"})
    bundle(deployment).initialize()
    deployment.publish({"dags/a.py": "new"})
    deployment.s3.delete_object(Bucket=BUCKET, Key=f"{deployment.prefix}/bundles/{old}.tar.gz")
    pinned = bundle(deployment, old)
    pinned.initialize()
    assert (pinned.path / "a.py").read_text() == "old"
    with pytest.raises(BundleError, match="fixed"):
        pinned.refresh()


def test_a_storage_that_hangs_does_not_hold_it_up(
    cache: Path, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{silent.getsockname()[1]}")
        storage = deployment.environment["WINDSOCK_STORAGE_URI"]
        followed = PointerBundle(name="dags", storage=storage, patience_seconds=0.5)
        begin = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            followed.refresh()
        assert time.monotonic() - begin < 5 * PATIENCE


def test_only_the_current_versions_root_is_importable(cache: Path, deployment: Deployment) -> None:
    followed = bundle(deployment)
    for content in ("one", "two"):
        digest = deployment.publish({"dags/a.py": content})
        followed.refresh()
        assert [path for path in sys.path if path.startswith(str(cache))] == [str(cache / digest)]


def test_content_that_is_not_its_digests_changes_nothing(cache: Path, deployment: Deployment) -> None:
    good = deployment.publish({"dags/a.py": "good"})
    followed = bundle(deployment)
    followed.initialize()
    bad = deployment.publish({"dags/a.py": "bad"})
    deployment.s3.put_object(Bucket=BUCKET, Key=f"{deployment.prefix}/bundles/{bad}.tar.gz", Body=b"other")
    with pytest.raises(BundleError, match=bad):
        followed.refresh()
    assert current(followed) == good
    assert [path.name for path in cache.iterdir()] == [good]


def test_versions_unused_for_an_hour_go_unless_a_task_holds_them(cache: Path, deployment: Deployment) -> None:
    followed = bundle(deployment)
    held, unused, recent = (deployment.publish({"dags/a.py": name}) for name in ("held", "unused", "recent"))
    for digest in (held, unused, recent):
        bundle(deployment, digest).initialize()
    crashed = cache / ".crashed-fetch"
    crashed.mkdir()
    for name in (held, unused, crashed.name):
        os.utime(cache / name, (time.time() - 7200, time.time() - 7200))

    with base.BundleVersionLock("dags", held):
        latest = deployment.publish({"dags/a.py": "latest"})
        followed.refresh()
        assert {path.name for path in cache.iterdir()} == {held, recent, latest}


def test_several_processes_may_ask_for_a_version_at_once(cache: Path, deployment: Deployment) -> None:
    digest = deployment.publish({"dags/a.py": "content"})
    children = [forked(bundle(deployment, digest).initialize) for _ in range(3)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
    assert [path.name for path in cache.iterdir()] == [digest]
