"""Who may do what in a deployment's Airflow: the front door says it, in a token with every request."""

import os
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI

from windsock_airflow.execution_api import ExecutionApiFirst
from windsock_airflow.front_door import FrontDoor
from windsock_airflow.settings import required


class FrontDoorAuthManager(SimpleAuthManager):
    """Airflow's simple roles (VIEWER, USER, OP, ADMIN), without its users, passwords, pages and cookies.

    The front door strips what the caller sent and adds a token of its own, which Airflow prefers to any
    cookie. There is nothing to log in to: a request without such a token did not come through it.
    """

    @cached_property
    def _front_door(self) -> FrontDoor:
        return FrontDoor(
            keys=required(os.environ, "WINDSOCK_FRONT_DOOR_KEYS"),
            audience=required(os.environ, "WINDSOCK_NAMESPACE"),
        )

    def init(self) -> None:
        BaseAuthManager.init(self)

    async def get_user_from_token(self, token: str) -> SimpleAuthManagerUser:
        """The user a front door's token names; jwt.InvalidTokenError (answered 401 or 403) for any other."""
        claims = self._front_door.claims(token)
        return SimpleAuthManagerUser(username=claims["sub"], role=claims["role"])

    def revoke_token(self, token: str) -> None:
        """Does nothing: a token lives for minutes, and signing out happens at the front door."""

    def get_url_login(self, **kwargs: Any) -> str:
        return f"{self._origin}/signin"

    def get_url_logout(self) -> str:
        return f"{self._origin}/signout"

    def get_fastapi_app(self) -> FastAPI | None:
        return None

    def get_fastapi_middlewares(self) -> list[Any]:
        """What the auth manager may add to the api-server."""
        return [(ExecutionApiFirst, {})]

    @property
    def _origin(self) -> str:
        url = urlsplit(required(os.environ, "WINDSOCK_PUBLIC_URL"))
        return f"{url.scheme}://{url.netloc}"
