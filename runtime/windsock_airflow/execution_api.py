"""The execution API, with which tasks speak: built before a process of the api-server takes requests."""

import os

from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from windsock_airflow.settings import required


class ExecutionApiFirst:
    """Has a process of the api-server say that it has started once its execution API has answered.

    The first request builds that, for two seconds and more, in which the process answers nobody. A health
    check asks one process only; with several, another's first request would be a task's or a person's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_when_built(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await ask_execution_api(scope["app"])
            await send(message)

        await self._app(scope, receive, send_when_built if scope["type"] == "lifespan" else send)


async def ask_execution_api(app: ASGIApp) -> None:
    """Asks the execution API of an app in this process whether it is well; httpx.HTTPStatusError when not."""
    url = required(os.environ, "WINDSOCK_API_URL")
    async with AsyncClient(transport=ASGITransport(app), base_url=url) as client:
        (await client.get("execution/health")).raise_for_status()
