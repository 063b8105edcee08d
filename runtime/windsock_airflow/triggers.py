"""The triggerer as a deployment runs it."""

import logging
from time import monotonic

from airflow.jobs import triggerer_job_runner
from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor

log = logging.getLogger(__name__)


class DeploymentTriggerRunnerSupervisor(TriggerRunnerSupervisor):
    """Ends when a trigger blocks the process of all of them, so that its container is started again.

    Airflow's shows no life any more: its whole ECS task would be replaced, and the scheduler with it.
    """

    def should_stop(self) -> bool:
        silent = monotonic() - self._last_runner_comms
        if 0 < self.runner_health_check_threshold < silent:
            log.error("Nothing was heard of the triggers for %.0f s: the triggerer is started again", silent)
            return True
        return super().should_stop()


def end_when_blocked() -> None:
    """Has the triggerer that this process runs be one that does so."""
    name = TriggerRunnerSupervisor.__name__
    setattr(triggerer_job_runner, name, DeploymentTriggerRunnerSupervisor)
