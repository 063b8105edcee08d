import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployment import tarball
from windsock_airflow import archive
from windsock_airflow.archive import ArchiveError, unpack


def hostile(make: Callable[[tarfile.TarFile], None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        make(tar)
    return buffer.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[tarfile.TarFile], None]:
    def add(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info)

    return add


def unpack_bytes(content: bytes, folder: Path) -> Path:
    (folder / "bundle.tar.gz").write_bytes(content)
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    unpack(folder / "bundle.tar.gz", unpacked)
    return unpacked


def test_files_get_the_present_as_their_time(tmp_path: Path) -> None:
    unpacked = unpack_bytes(tarball({"dags/a.py": "x = 1", "dags/include/b.sql": "SELECT 1"}), tmp_path)
    assert (unpacked / "dags/include/b.sql").read_text() == "SELECT 1"
    assert time.time() - (unpacked / "dags/a.py").stat().st_mtime < 60


@pytest.mark.parametrize(
    "content",
    [
        hostile(entry("../outside.py")),
        hostile(entry("dags/link", tarfile.SYMTYPE, "/etc/passwd")),
        hostile(entry("dags/link", tarfile.SYMTYPE, "../../outside")),
        hostile(entry("dags/hard", tarfile.LNKTYPE, "../../outside")),
        hostile(entry("dags/device", tarfile.CHRTYPE)),
        hostile(entry("dags/pipe", tarfile.FIFOTYPE)),
        b"not a tarball",
        tarball({"dags/a.py": "x" * 100_000})[:-40],
    ],
)
def test_what_reaches_outside_or_is_broken_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        unpack_bytes(content, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"bundle.tar.gz", "unpacked"}


def test_an_absolute_path_stays_inside(tmp_path: Path) -> None:
    unpacked = unpack_bytes(hostile(entry("/dags/absolute.py")), tmp_path)
    assert (unpacked / "dags/absolute.py").is_file()


@pytest.mark.parametrize(("limit", "message"), [("MAXIMUM_ENTRIES", "entries"), ("MAXIMUM_BYTES", "bytes")])
def test_what_is_too_large_is_refused(
    limit: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, limit, 1)
    with pytest.raises(ArchiveError, match=f"more than 1 {message}"):
        unpack_bytes(tarball({"dags/a.py": "x = 1", "dags/b.py": "y = 2"}), tmp_path)
