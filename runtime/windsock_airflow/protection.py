"""Scale-in protection of the ECS task that a container belongs to, which its own agent is asked for.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

import http.client
import json
import logging
import time
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

EXPIRES_MINUTES = 120
"""ECS's own default. What hangs for that long is protected no more."""

RENEW_SECONDS = 15 * 60
TIMEOUT_SECONDS = 5


class TaskProtection:
    """The protection of one task. A request that fails is logged, and made again by the next call.

    Without an agent, as outside of ECS, it does nothing.
    """

    def __init__(self, agent_uri: str | None) -> None:
        self._agent_uri = agent_uri
        self._renew_at = 0.0

    def keep(self) -> None:
        """Asks for protection unless it was granted a short while ago."""
        if time.monotonic() >= self._renew_at and self._put(
            {"ProtectionEnabled": True, "ExpiresInMinutes": EXPIRES_MINUTES}
        ):
            self._renew_at = time.monotonic() + RENEW_SECONDS

    def drop(self) -> None:
        """Gives the protection up: ECS may stop the task."""
        self._put({"ProtectionEnabled": False})

    def _put(self, state: dict[str, object]) -> bool:
        if self._agent_uri is None:
            return False
        try:
            answer = put_json(f"{self._agent_uri}/task-protection/v1/state", state)
        except (OSError, http.client.HTTPException, ValueError) as error:
            log.warning("the ECS agent could not be asked for %s: %r", state, error)
            return False
        granted = answer.get("protection")
        if not granted:
            log.warning("ECS refuses %s: %s", state, answer.get("failure") or answer.get("error"))
        return bool(granted)


def put_json(url: str, body: object) -> Any:
    """The JSON that a PUT is answered with, whatever its status. Asks directly, never through a proxy."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("PUT", address.path, json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
