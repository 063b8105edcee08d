"""The pointer: the small document that says which bundle a deployment runs, and which workers go."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from windsock_airflow.storage import Storage

DIGEST = re.compile(r"[0-9a-f]{64}")

Order = Literal["work", "empty", "go"]
"""Takes tasks; takes those that its queue still holds, and goes then; takes no more, and goes."""


class PointerError(Exception):
    """The pointer does not read as one; says what is wrong with it."""


@dataclass(frozen=True)
class Emptying:
    """A removed queue: the generation that worked on it last, and until when, in seconds since 1970, it takes
    what the queue still holds."""

    generation: int
    until: int


@dataclass(frozen=True)
class Workers:
    """`revision`: the newest of the deployment's that was published. `queues`: the generation that works on
    each queue, which is the number of the revision that started it. `emptying`: the queues that were removed.
    """

    revision: int = 0
    queues: Mapping[str, int] = field(default_factory=dict)
    emptying: Mapping[str, Emptying] = field(default_factory=dict)

    def order(self, queue: str, generation: int, now: float) -> Order:
        """What a worker of that queue and generation does at that time.

        A generation above the revision is not published yet: it works on. Of a queue that was removed nobody
        else takes what waits in it. All others go: their queue has moved on, their revision failed, or the
        time to empty their queue is over.
        """
        if generation > self.revision or self.queues.get(queue) == generation:
            return "work"
        left = self.emptying.get(queue)
        return "empty" if left is not None and left.generation == generation and now < left.until else "go"


@dataclass(frozen=True)
class Pointer:
    """`bundle`: the SHA-256 of the bundle's tarball, or None while there are no DAGs."""

    bundle: str | None
    workers: Workers = Workers()


NOTHING_PUBLISHED = Pointer(bundle=None)


def parse_pointer(content: bytes) -> Pointer:
    """Reads `{"bundle": "<sha256>" | null, "workers": {"revision": n, "queues": {name: generation, ...},
    "emptying": {name: {"generation": n, "until": seconds}, ...}}}`. Documents of earlier platforms have no
    `emptying`."""
    try:
        document = json.loads(content)
        bundle = document["bundle"]
        workers = document["workers"]
        revision, queues = workers["revision"], workers["queues"]
        emptying = {
            queue: Emptying(int(left["generation"]), int(left["until"]))
            for queue, left in workers.get("emptying", {}).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PointerError(f"pointer.json does not have the shape of a pointer: {error!r}") from error
    if bundle is not None and not (isinstance(bundle, str) and DIGEST.fullmatch(bundle)):
        raise PointerError(f"pointer.json names a bundle that is no SHA-256: {bundle!r}")
    if not isinstance(revision, int):
        raise PointerError(f"pointer.json has a revision of its workers that is no number: {revision!r}")
    if not isinstance(queues, dict) or not all(isinstance(number, int) for number in queues.values()):
        raise PointerError("pointer.json must give the workers of each queue a generation by number")
    return Pointer(bundle, Workers(revision, queues, emptying))


class PointerReader:
    """Follows a deployment's pointer with conditional reads: an unchanged one costs an empty answer."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._etag: str | None = None
        self._pointer = NOTHING_PUBLISHED

    def read(self) -> Pointer:
        """The pointer as it is now; that of an empty deployment before anything was published."""
        match self.storage.read("pointer.json", self._etag):
            case "unchanged":
                pass
            case "missing":
                self._etag, self._pointer = None, NOTHING_PUBLISHED
            case document:
                self._pointer = parse_pointer(document.content)
                self._etag = document.etag
        return self._pointer
