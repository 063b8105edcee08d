"""The container's output as lines `<epoch ms> <text>`, in a file that is rotated by size."""

import os
import time

LINE_BYTES = 64 * 1024


class Log:
    """The log at `path`, or nowhere when that is None. A full disk must not stop the container."""

    def __init__(self, path: str | None, rotate_bytes: int) -> None:
        self.path = path
        self.rotate_bytes = rotate_bytes
        self.file: int | None = None
        self.rest = b""
        self.lost = 0

    def feed(self, chunk: bytes) -> None:
        """Writes the lines that are whole; one that is too long is cut."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        while len(self.rest) > LINE_BYTES:
            lines.append(self.rest[:LINE_BYTES])
            self.rest = self.rest[LINE_BYTES:]
        self._write(lines)

    def tell(self, line: str) -> None:
        """Writes a line of the supervisor's own, between two of the container's.

        What a process has named itself may stand in it: a line break there would begin another line.
        """
        self._write(["".join(char if char.isprintable() else " " for char in line).encode()])

    def finish(self) -> None:
        """Writes a last line that has no line break."""
        if self.rest:
            self._write([self.rest])

    def _write(self, lines: list[bytes]) -> None:
        """What cannot be written is counted, and told when the log can be written again."""
        if self.path is None or not lines:
            return
        stamp = b"%d " % (time.time() * 1000)
        told = [b"%d lines were lost: the log could not be written" % self.lost] if self.lost else []
        try:
            file = self._opened(self.path)
            os.write(file, b"".join(stamp + line.rstrip(b"\r") + b"\n" for line in told + lines))
            self.lost = 0
        except OSError:
            self.lost += len(lines)

    def _opened(self, path: str) -> int:
        if self.file is not None and os.fstat(self.file).st_size >= self.rotate_bytes:
            os.close(self.file)
            self.file = None
            os.rename(path, f"{path}.1")
        if self.file is None:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self.file
