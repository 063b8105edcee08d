"""Protection outlasts whatever a worker runs."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from tests.agent import Agent, running_agent
from windsock_airflow.protection import TaskProtection

LOOK_SECONDS = 10
HOUR = 3600


def granted_at(agent: Agent, monkeypatch: pytest.MonkeyPatch, *, hours: int, away: range) -> list[int]:
    """The seconds at which protection is granted to a worker that looks every ten, with an agent that refuses
    during `away`."""
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("windsock_airflow.protection.time", clock)
    monkeypatch.setattr("windsock_airflow.protection.TIMEOUT_SECONDS", 60)
    protection = TaskProtection(agent.uri)
    granted: list[int] = []
    for now in range(1, hours * HOUR, LOOK_SECONDS):
        agent.granting = now not in away
        asked = len(agent.asked)
        protection.keep()
        if agent.granting and len(agent.asked) > asked:
            granted.append(now)
    return [*granted, hours * HOUR]


@pytest.mark.parametrize("away", [range(0), range(10 * HOUR, 11 * HOUR)])
def test_a_task_longer_than_a_day_is_protected_all_the_time(
    away: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_agent() as agent:
        granted = granted_at(agent, monkeypatch, hours=26, away=away)
        states = {(state["ProtectionEnabled"], state["ExpiresInMinutes"]) for state in agent.asked}
    ((is_enabled, minutes),) = states
    assert is_enabled
    assert max(after - before for before, after in pairwise(granted)) < minutes * 60
    assert len(granted) < 26 * 4 + 2
