"""A deployment as ECS would run it: the containers' commands, environments and folders, as processes."""

import gzip
import hashlib
import http.client
import io
import json
import os
import signal
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import jwt
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from tests.peers import PATIENCE, free_port, until, windsock_airflow
from windsock_airflow.broker import Broker
from windsock_airflow.launcher import started_marker
from windsock_airflow.postgres import Server
from windsock_airflow.settings import COMPONENTS

BUCKET = "windsock"
NAMESPACE = "quasar-clear-1234"
FRONT_DOOR_KEY = Ed25519PrivateKey.generate()


def front_door_keys() -> str:
    """The JWKS that the front door of these tests publishes."""
    key = json.loads(OKPAlgorithm.to_jwk(FRONT_DOOR_KEY.public_key()))
    return json.dumps({"keys": [{**key, "kid": "front-door-1", "use": "sig", "alg": "EdDSA"}]})


def front_door_token(role: str = "ADMIN", **changes: Any) -> str:
    """A token as the front door signs it for a request; `changes` replace claims."""
    claims = {"iss": "windsock", "aud": NAMESPACE, "sub": "ada@example.com", "role": role}
    headers = {"kid": "front-door-1"}
    return jwt.encode({**claims, "exp": time.time() + 300, **changes}, FRONT_DOOR_KEY, "EdDSA", headers)


def tarball(files: Mapping[str, str]) -> bytes:
    """A reproducible gzipped tar of the files, as a deploy uploads it."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            tar.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


class Deployment:
    """One deployment on a Postgres, a Redis and an S3 server, with a folder for its tasks."""

    def __init__(self, folder: Path, server: Server, broker: Broker, s3: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.prefix = f"organization/{folder.name}"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/{NAMESPACE}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.revision = 1
        self.bundle: str | None = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "WINDSOCK_DEPLOYMENT_ID": folder.name,
            "WINDSOCK_NAMESPACE": NAMESPACE,
            "WINDSOCK_DATABASE_HOST": server.host,
            "WINDSOCK_DATABASE_PORT": server.port,
            "WINDSOCK_DATABASE_NAME": f"d_{folder.name}",
            "WINDSOCK_DATABASE_USER": f"d_{folder.name}",
            "WINDSOCK_DATABASE_PASSWORD": "p@ss/word %",
            "WINDSOCK_CELL_DATABASE_USER": server.user,
            "WINDSOCK_CELL_DATABASE_PASSWORD": server.password,
            "WINDSOCK_RESULT_USER": f"d_{folder.name}_results",
            "WINDSOCK_RESULT_PASSWORD": "re:sults",
            "WINDSOCK_BROKER_URL": broker.url,
            "WINDSOCK_BROKER_USER": f"d_{folder.name}",
            "WINDSOCK_BROKER_PASSWORD": "br@ker/pass word",
            "WINDSOCK_CELL_BROKER_PASSWORD": broker.password,
            "WINDSOCK_RUNTIME_VERSION": "3.3-2",
            "WINDSOCK_API_URL": self.url,
            "WINDSOCK_API_PORT": str(port),
            "WINDSOCK_PUBLIC_URL": f"http://localhost:8888/{NAMESPACE}",
            "WINDSOCK_STORAGE_URI": f"s3://{BUCKET}/{self.prefix}",
            "WINDSOCK_FRONT_DOOR_KEYS": front_door_keys(),
            "WINDSOCK_EXECUTOR": "ASTRO",
            "WINDSOCK_SETTINGS": "{}",
            "WINDSOCK_VARIABLES": "{}",
            "WINDSOCK_FERNET_KEY": "8vQ9Kf0kQbLhF4m2y8bX1cUuQm3O6wZk0q9N3yS1a2E=",
            "WINDSOCK_JWT_SECRET": "jwt-secret-of-this-deployment-0123456789abcdef0123456789abcdef-64",
            "WINDSOCK_API_SECRET_KEY": "api-secret-of-this-deployment",
            "WINDSOCK_QUEUE": "default",
            "WINDSOCK_WORKER_CONCURRENCY": "5",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_S3": s3,
        }
        self.s3 = boto3.client(
            "s3",
            endpoint_url=s3,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def __enter__(self) -> "Deployment":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()

    def database(self, action: str) -> subprocess.CompletedProcess[str]:
        """Runs the one-off task `database create` or `database drop`."""
        command = [windsock_airflow(), "database", action]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def task_folder(self, component: str) -> Path:
        """The working directory of the task that the component's container belongs to."""
        folder = self.folder / self.task_id(component) / "work"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def task_id(self, component: str) -> str:
        """The id of the task that the component's container belongs to; workers have one a generation."""
        names = {"api-server": "api-server", "worker": f"worker-{self.revision}"}
        return names.get(component, "control")

    def component_environment(self, component: str) -> dict[str, str]:
        """What a container that is started now is given."""
        return {
            **self.environment,
            "WINDSOCK_WORKER_GENERATION": str(self.revision),
            "ECS_TASK_ARN": f"arn:aws:ecs:us-east-1:000000000000:task/windsock/{self.task_id(component)}",
        }

    def start(self, component: str) -> None:
        """Starts a component; from its return on health tells of this start of it."""
        with self.begins(component), self.log(component).open("ab") as log:
            self.processes[component] = subprocess.Popen(
                [windsock_airflow(), component],
                cwd=self.task_folder(component),
                env=self.component_environment(component),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @contextmanager
    def begins(self, component: str) -> Iterator[None]:
        """Waits at the end until the component has begun anew: before that its health is its last start's."""
        marker = started_marker(self.task_folder(component) / f"airflow-{component}")
        before = marker.stat().st_mtime if marker.exists() else 0
        yield
        until(f"{component} has begun", lambda: (marker.exists() and marker.stat().st_mtime > before) or None)

    def log(self, component: str) -> Path:
        """The file that holds what the component's processes print."""
        return self.folder / f"{component}.log"

    @contextmanager
    def says(self, component: str, words: str, times: int = 1) -> Iterator[None]:
        """Waits at the end until the component has printed these words, so often, since the beginning."""
        log = self.log(component)
        before = log.stat().st_size
        yield
        said = words.encode()
        until(f"{component} says: {words}", lambda: log.read_bytes()[before:].count(said) >= times or None)

    @contextmanager
    def suspended(self, component: str) -> Iterator[None]:
        """Has the component's process stand still meanwhile."""
        process = self.processes[component]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def health(self, component: str) -> subprocess.CompletedProcess[str]:
        """The container's health check."""
        return subprocess.run(
            [windsock_airflow(), "health", component],
            cwd=self.task_folder(component),
            env=self.component_environment(component),
            capture_output=True,
            text=True,
            check=False,
        )

    def start_all(self) -> None:
        """Starts every component and waits until all are healthy."""
        for component in COMPONENTS:
            self.start(component)
        for component in COMPONENTS:
            self.await_healthy(component)

    def await_healthy(self, component: str) -> None:
        until(f"{component} is healthy", lambda: self.health(component).returncode == 0 or None, 180)

    def roll_workers(self) -> subprocess.Popen[bytes]:
        """Starts a worker of the next generation, and names that in the pointer once it is healthy; the older
        worker's process, which takes no new task any more."""
        older = self.processes.pop("worker")
        self.processes[f"worker-{self.revision}"] = older
        with self.says("worker", "This worker takes no new task"):
            self.start_next_worker()
        return older

    def start_next_worker(self) -> None:
        """Starts a worker of the next generation, and names that in the pointer once it is healthy."""
        self.revision += 1
        self.start("worker")
        self.await_healthy("worker")
        self.point(self.bundle)

    def remove_queue(self) -> None:
        """Points the deployment at a revision that has the worker's queue no more, which is to be emptied."""
        emptying = {"default": {"generation": self.revision, "until": int(time.time()) + 86_400}}
        self.write_pointer(self.bundle, {}, emptying)

    def change_executor(self, executor: str) -> subprocess.Popen[bytes]:
        """Starts all but the worker anew, then rolls that; the older worker's process."""
        self.environment["WINDSOCK_EXECUTOR"] = executor
        for component in (component for component in COMPONENTS if component != "worker"):
            self.restart(component)
        return self.roll_workers()

    @contextmanager
    def variables(self, component: str, **variables: str) -> Iterator[None]:
        """Has a component run with these variables of a user's meanwhile."""
        before = self.environment["WINDSOCK_VARIABLES"]
        self.environment["WINDSOCK_VARIABLES"] = json.dumps(variables)
        self.restart(component)
        try:
            yield
        finally:
            self.environment["WINDSOCK_VARIABLES"] = before
            self.restart(component)

    def restart(self, component: str) -> None:
        """Stops a component as ECS does, and starts it until it is healthy."""
        assert self.stop(component) == 0
        self.start(component)
        self.await_healthy(component)

    def worker_states(self) -> dict[str, str]:
        """What Airflow knows of its edge workers, by the generation of each."""
        server = Server(
            *(self.environment[f"WINDSOCK_DATABASE_{part}"] for part in ("HOST", "PORT", "USER", "PASSWORD"))
        )
        with server.connect(self.environment["WINDSOCK_DATABASE_NAME"]) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT worker_name, state FROM edge_worker")
            return {name.rpartition("-")[2]: state for name, state in cursor.fetchall()}

    def stop(self, component: str) -> int:
        """Stops a component as ECS does; its exit code."""
        self.ask_to_stop(component)
        return self.ended(component)

    def ask_to_stop(self, component: str) -> None:
        """Tells a component to stop as ECS does."""
        self.processes[component].send_signal(signal.SIGTERM)

    def ended(self, component: str) -> int:
        """Waits until a component has ended; its exit code."""
        code = self.processes[component].wait(60 * PATIENCE)
        del self.processes[component]
        return code

    def kill(self, component: str) -> None:
        """Kills a component with all that it started, as a container is killed."""
        process = self.processes.pop(component)
        children = psutil.Process(process.pid).children(recursive=True)
        for one in (process, *children):
            one.kill()
        process.wait()

    def publish(self, files: Mapping[str, str]) -> str:
        """Uploads a bundle and points the deployment at it; the bundle's digest."""
        content = tarball(files)
        digest = hashlib.sha256(content).hexdigest()
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.prefix}/bundles/{digest}.tar.gz", Body=content)
        self.bundle = digest
        self.point(digest)
        return digest

    def point(self, digest: str | None) -> None:
        """Writes the pointer: the newest generation works on the queue."""
        self.write_pointer(digest, {"default": self.revision})

    def write_pointer(
        self, digest: str | None, queues: Mapping[str, int], emptying: Mapping[str, object] | None = None
    ) -> None:
        workers = {
            "revision": self.revision,
            "queues": queues,
            "emptying": emptying or {},
        }
        pointer = {"bundle": digest, "workers": workers, "operation": 1}
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.prefix}/pointer.json", Body=json.dumps(pointer))

    def dags(self) -> set[str]:
        """The DAGs that Airflow lists."""
        _, listed = self.api("GET", "/api/v2/dags?limit=100")
        return {dag["dag_id"] for dag in listed["dags"]}

    def run(self, dag: str) -> str:
        """Runs a DAG that may not be listed yet, but is long before Airflow's own refresh, which comes every
        300 s; the id of the run."""
        until(f"{dag} is listed", lambda: self.api("GET", f"/api/v2/dags/{dag}")[0] == 200 or None)
        status, run = self.api("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})
        assert status == 200, run
        return str(run["dag_run_id"])

    def outcome(self, dag: str, run: str = "~") -> str:
        """How a run of the DAG ends; of its only one, when no run is named."""

        def ended() -> str | None:
            _, runs = self.api("GET", f"/api/v2/dags/{dag}/dagRuns")
            states = [r["state"] for r in runs.get("dag_runs", []) if run in ("~", r["dag_run_id"])]
            return states[0] if states and states[0] in ("success", "failed") else None

        return until(f"a run of {dag} ends", ended, 180)

    def tries(self, dag: str, run: str = "~") -> list[tuple[str, int, str]]:
        """Task id, number of tries and state of the tasks of a run, mapped ones each."""
        _, answer = self.api("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")
        return sorted((t["task_id"], t["try_number"], t["state"]) for t in answer["task_instances"])

    def tags(self, dag: str) -> list[str]:
        """The DAG's tags, by which these tests tell versions of its code apart; none before it is listed."""
        _, answer = self.api("GET", f"/api/v2/dags/{dag}")
        return [tag["name"] for tag in answer.get("tags", [])]

    def stored(self, folder: str) -> list[str]:
        """The keys in object storage below a folder of the deployment's."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/{folder}")
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def redirect(self, path: str) -> str:
        """Where a request without a token is sent."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30 * PATIENCE)
        connection.request("GET", urlsplit(self.url).path + path)
        return connection.getresponse().headers["Location"]

    def api(self, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
        """A request to Airflow's API as the front door forwards it; its status and its JSON."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {front_door_token() if token is None else token}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
