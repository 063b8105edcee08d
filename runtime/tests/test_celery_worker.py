"""What a Celery worker knows of its own work, by Celery's own account of it."""

from collections.abc import Iterator

import pytest
from celery import Celery
from celery.contrib.testing.mocks import TaskMessage
from celery.worker import state
from celery.worker.request import Request

from windsock_airflow.celery_worker import has_work
from windsock_airflow.settings import SettingsError

NOWHERE: dict[str, str] = {}
"""An environment without a database: a worker that has to ask it what waits cannot."""


@pytest.fixture
def request_taken() -> Iterator[Request]:
    app = Celery(set_as_current=False)

    @app.task(name="work")
    def work() -> None: ...

    yield Request(TaskMessage("work"), app=app, task=work)
    state.reset_state()


def test_what_a_worker_has_taken_is_work_until_it_ends(request_taken: Request) -> None:
    state.task_reserved(request_taken)
    assert has_work(NOWHERE)
    state.task_ready(request_taken)
    with pytest.raises(SettingsError):
        has_work(NOWHERE)


def test_a_task_that_runs_is_work_when_the_broker_was_lost_meanwhile(request_taken: Request) -> None:
    state.task_reserved(request_taken)
    state.task_accepted(request_taken)
    state.reserved_requests.clear()  # as Celery does when it loses the connection
    assert has_work(NOWHERE)
