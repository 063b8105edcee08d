"""A stand-in for the agent that ECS gives every container, as its documentation describes its answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TASK_ARN = "arn:aws:ecs:us-east-1:000000000000:task/cell/0123456789abcdef0123456789abcdef"


class Agent:
    """What it was asked for, and how it answers: `granting`, or with the failure of the API; `answering` is
    cleared to let the asker wait."""

    def __init__(self) -> None:
        self.uri = ""
        self.asked: list[dict[str, Any]] = []
        self.granting = True
        self.answering = threading.Event()
        self.answering.set()

    def answer(self, state: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(state)
        self.answering.wait(10)
        if not self.granting:
            return {"failure": {"Arn": TASK_ARN, "Detail": None, "Reason": "DEPLOYMENT_BLOCKED"}}
        return {"protection": {"ProtectionEnabled": state["ProtectionEnabled"], "TaskArn": TASK_ARN}}


@contextmanager
def running_agent() -> Iterator[Agent]:
    agent = Agent()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            assert self.path == "/api/container-1/task-protection/v1/state"
            state = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = json.dumps(agent.answer(state)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    agent.uri = f"http://127.0.0.1:{server.server_port}/api/container-1"
    try:
        yield agent
    finally:
        server.shutdown()
        server.server_close()
