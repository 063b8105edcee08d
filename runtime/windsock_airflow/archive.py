"""Unpacks a bundle's tarball, which a user made, so that it can harm nothing outside its folder."""

import tarfile
from pathlib import Path

MAXIMUM_ENTRIES = 50_000
MAXIMUM_BYTES = 1 << 30


class ArchiveError(Exception):
    """The archive is broken, too large, or reaches outside of its folder; says which entry does."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a gzipped tar into an empty folder: files, folders and links that stay inside; no devices.

    Nothing of an entry's owner or time is kept: Airflow reads the youngest files first, and reproducible
    tarballs carry the time 0. Raises ArchiveError past 50,000 entries or 1 GiB, before the entry that goes
    past is written.
    """
    entries = size = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            # Ours is the only filter: Python's own came with 3.10.12 and 3.11.4, and Debian 12 has 3.11.2.
            tar.extraction_filter = lambda entry, _: entry
            for entry in tar:
                entries += 1
                size += entry.size
                if entries > MAXIMUM_ENTRIES:
                    raise ArchiveError(f"the archive has more than {MAXIMUM_ENTRIES} entries")
                if size > MAXIMUM_BYTES:
                    raise ArchiveError(f"the archive unpacks to more than {MAXIMUM_BYTES} bytes")
                written = harmless(entry, folder.resolve())
                tar.extract(written, folder, set_attrs=False)
                if written.isreg() and written.mode & 0o100:
                    (folder / written.name).chmod(0o755)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArchiveError(f"the archive cannot be unpacked: {error}") from error


def harmless(entry: tarfile.TarInfo, folder: Path) -> tarfile.TarInfo:
    """The entry as it may be written: a file, folder or link whose place, and whose target, is in the folder.

    An absolute name counts from the folder on, as tar itself takes it. Raises ArchiveError for all others.
    """
    entry.name = entry.name.lstrip("/")
    place = folder / entry.name
    if not place.resolve().is_relative_to(folder):
        raise ArchiveError(f"{entry.name} reaches outside of the archive")
    if entry.issym() or entry.islnk():
        target = (place.parent if entry.issym() else folder) / entry.linkname
        if not target.resolve().is_relative_to(folder):
            raise ArchiveError(f"{entry.name} links to {entry.linkname}, outside of the archive")
    elif not (entry.isreg() or entry.isdir()):
        raise ArchiveError(f"{entry.name} is no file, folder or link")
    return entry
