"""A deployment's user at the cell's broker, which is a Redis that the cell's deployments share."""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import ResponseError

from windsock_airflow.settings import key_prefix

CONNECT_SECONDS = 10

COMMANDS = (
    *("ping", "select", "psubscribe", "punsubscribe", "publish"),
    *("multi", "exec", "discard", "watch", "unwatch", "evalsha", "script|load"),
    *("del", "get", "set", "llen", "lpush", "rpush", "rpop", "brpop", "hdel", "hget", "hlen", "hset"),
    *("sadd", "srem", "smembers", "zadd", "zrem", "zrevrangebyscore"),
)
"""All that Celery's transport calls, also in the script of its lock. Redis holds each of them to the user's
own keys and channel; commands that tell of other keys (SCAN, RANDOMKEY, PUBSUB CHANNELS) or of other
clients are not among them."""


@dataclass(frozen=True)
class Broker:
    """Where the cell's broker is, `redis://<host>:<port>/<database>`, and its administrator's password."""

    url: str
    password: str

    def connect(self) -> Redis:
        return Redis.from_url(
            self.url, password=self.password, socket_timeout=CONNECT_SECONDS, decode_responses=True
        )

    @property
    def remote_control(self) -> str:
        """The channel by which Celery speaks to all workers, below a user's prefix."""
        return f"{urlsplit(self.url).path or '/0'}.celery.pidbox"


def create_user(broker: Broker, user: str, password: str) -> None:
    """Makes the user, or makes it what it should be, and has it outlive the broker's process.

    A pattern is subscribed to only where the user's right is that very text, hence the channel in full.
    """
    prefix = key_prefix(user)
    rights = ("resetkeys", f"~{prefix}*", "resetchannels", f"&{prefix}{broker.remote_control}")
    secret = f"#{sha256(password.encode()).hexdigest()}"
    with broker.connect() as session:
        commands = (f"+{command}" for command in COMMANDS)
        session.execute_command("ACL", "SETUSER", user, "reset", "on", secret, *rights, *commands)
        session.execute_command("ACL", "SAVE")


def drop_user(broker: Broker, user: str) -> None:
    """Removes the user, whose connections end, and then its keys; either may be gone already.

    Redis' file of commands is written anew, for it would keep the messages long after. When that happens
    already, for another deployment, they stay until the next time.
    """
    with broker.connect() as session:
        session.execute_command("ACL", "DELUSER", user)
        session.execute_command("ACL", "SAVE")
        for key in session.scan_iter(match=f"{key_prefix(user)}*", count=1000):
            session.delete(key)
        with suppress(ResponseError):
            session.bgrewriteaof()
