"""The triggerer as a deployment runs it."""

import logging
from time import monotonic

from airflow.jobs import triggerer_job_runner
from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor

log = logging.getLogger(__name__)

ENDED_SECONDS = 0.1
"""How soon it is seen that the process of the triggers has ended. Airflow's waits for what that may still
say, and where it ended right before, for all of the 10 s that it has for its end: half the stops were so."""


class DeploymentTriggerRunnerSupervisor(TriggerRunnerSupervisor):
    """Ends when a trigger blocks the process of all of them, so that its container is started again.

    Airflow's shows no life any more: its whole ECS task would be replaced, and the scheduler with it. And it
    ends as soon as that process does.
    """

    def should_stop(self) -> bool:
        silent = monotonic() - self._last_runner_comms
        if 0 < self.runner_health_check_threshold < silent:
            log.error("Nothing was heard of the triggers for %.0f s: the triggerer is started again", silent)
            return True
        return super().should_stop()

    def _service_subprocess(
        self, max_wait_time: float, raise_on_timeout: bool = False, expect_signal: int | None = None
    ) -> int | None:
        longest = max_wait_time if expect_signal is None else min(max_wait_time, ENDED_SECONDS)
        return super()._service_subprocess(longest, raise_on_timeout, expect_signal)


def end_when_blocked() -> None:
    """Has the triggerer that this process runs be one that does so."""
    name = TriggerRunnerSupervisor.__name__
    setattr(triggerer_job_runner, name, DeploymentTriggerRunnerSupervisor)
