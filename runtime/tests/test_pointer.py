import json

import pytest

from windsock_airflow.pointer import Emptying, Pointer, PointerError, Workers, parse_pointer

DIGEST = "a" * 64


def test_a_pointer_names_a_bundle_the_generations_of_the_queues() -> None:
    workers = {
        "revision": 4,
        "queues": {"default": 4, "heavy": 2},
        "emptying": {"big": {"generation": 3, "until": 1000}},
    }
    content = json.dumps({"bundle": DIGEST, "workers": workers, "operation": 7}).encode()
    assert parse_pointer(content) == Pointer(
        DIGEST, Workers(4, {"default": 4, "heavy": 2}, {"big": Emptying(3, 1000)})
    )


def test_a_pointer_of_an_earlier_platform_has_no_queues_to_empty() -> None:
    content = json.dumps({"bundle": None, "workers": {"revision": 4, "queues": {"default": 4}}})
    assert parse_pointer(content.encode()) == Pointer(None, Workers(4, {"default": 4}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"bundle": "../../etc", "workers": {"revision": 1, "queues": {}}}',
        b'{"bundle": null, "workers": {"revision": "1", "queues": {}}}',
        b'{"bundle": null, "workers": {"revision": 1, "queues": {"default": "1"}}}',
        b'{"bundle": null, "workers": {"revision": 1, "queues": ["default"]}}',
        b'{"bundle": null, "workers": {"revision": 1, "queues": {}, "emptying": []}}',
        b'{"bundle": null, "workers": {"revision": 1, "queues": {}, "emptying": {"big": 1}}}',
        b'{"bundle": null, "workers": {"generation": 1}}',
        b'{"bundle": null}',
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PointerError):
        parse_pointer(content)


@pytest.mark.parametrize(
    ("why", "workers", "order"),
    [
        ("nothing was published yet", Workers(), "work"),
        ("it is the queue's", Workers(5, {"default": 3}), "work"),
        ("it is the newest, and not published yet", Workers(2, {"default": 1}), "work"),
        ("its queue is new, and not published yet", Workers(2, {}), "work"),
        ("its queue moved on", Workers(5, {"default": 5, "heavy": 3}), "go"),
        ("its queue was removed", Workers(5, {}, {"default": Emptying(3, 1001)}), "empty"),
        ("its queue was removed, a day ago", Workers(5, {}, {"default": Emptying(3, 1000)}), "go"),
        ("its queue moved on, then was removed", Workers(5, {}, {"default": Emptying(4, 1001)}), "go"),
        ("its queue was removed long ago", Workers(5, {"heavy": 3}), "go"),
        ("its queue was removed, and came back", Workers(6, {"default": 6}), "go"),
        ("its revision failed, and the one before was put back", Workers(3, {"default": 1}), "go"),
        ("its revision failed, which had added its queue", Workers(3, {"heavy": 1}), "go"),
    ],
)
def test_what_the_pointer_has_a_worker_do(why: str, workers: Workers, order: str) -> None:
    assert workers.order("default", 3, now=1000) == order, why
