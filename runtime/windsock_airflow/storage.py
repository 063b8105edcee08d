"""The deployment's folder in object storage."""

from collections.abc import Iterator
from functools import cached_property
from typing import IO, Any, Literal, NamedTuple
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 20


class Document(NamedTuple):
    """A small object, and the tag by which a later read can ask whether it changed."""

    content: bytes
    etag: str


class Storage:
    """Objects below `s3://<bucket>/<prefix>`; boto3 finds the endpoint and the role in the environment.

    A client is made on the first use: a task whose bundle is on disk already needs none, and importing
    boto3 takes 0.3 s of CPU. With `patience_seconds` it asks once, and waits no longer to connect, nor to be
    answered; else boto3 decides. With `own_session` it shares no credentials, and so no lock of theirs, with
    others of the process.
    """

    def __init__(self, uri: str, *, patience_seconds: float | None = None, own_session: bool = False) -> None:
        address = urlsplit(uri)
        if address.scheme != "s3" or not address.netloc:
            raise ValueError(f"{uri} is no address of the form s3://<bucket>/<prefix>")
        self.bucket = address.netloc
        self.prefix = address.path.strip("/")
        self._patience_seconds = patience_seconds
        self._own_session = own_session

    @cached_property
    def client(self) -> Any:  # boto3 makes its clients' methods at run time
        import boto3
        from botocore.config import Config

        make = boto3.Session().client if self._own_session else boto3.client
        if (seconds := self._patience_seconds) is None:
            return make("s3")
        once = {"total_max_attempts": 1}
        return make("s3", config=Config(connect_timeout=seconds, read_timeout=seconds, retries=once))

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def read(self, name: str, known_etag: str | None) -> Document | Literal["unchanged", "missing"]:
        """The object, unless it still has the tag `known_etag`, or there is none of that name."""
        from botocore.exceptions import ClientError

        condition = {"IfNoneMatch": known_etag} if known_etag else {}
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self.key(name), **condition)
        except ClientError as error:
            match error.response["ResponseMetadata"]["HTTPStatusCode"]:
                case 304:
                    return "unchanged"
                case 404:
                    return "missing"
                case _:
                    raise
        return Document(answer["Body"].read(), answer["ETag"])

    def stream(self, name: str) -> Iterator[bytes]:
        """The object's content, in chunks of at most 1 MiB; botocore's ClientError when there is none."""
        answer = self.client.get_object(Bucket=self.bucket, Key=self.key(name))
        yield from answer["Body"].iter_chunks(CHUNK_BYTES)

    def write(self, name: str, content: IO[bytes]) -> None:
        """Stores what a file holds from where it is read next, in place of what the name had."""
        self.client.put_object(Bucket=self.bucket, Key=self.key(name), Body=content)

    def delete(self, name: str) -> None:
        """Removes the object, if there is one."""
        self.client.delete_object(Bucket=self.bucket, Key=self.key(name))
