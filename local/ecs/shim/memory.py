"""A container's memory, as the kernel counts a cgroup's, and which process the kernel would kill for it."""

from processes import PAGE_BYTES, ancestors, read_proc


def used_bytes(pids: list[int], main: int, limit: int) -> int:
    """The memory of a container's processes, of which `main` is the first; what they share counts once.

    Resident sets are cheap to read and count shared memory often: only when they come over the limit is it
    worth asking the kernel for the proportional ones. A process may hide that, as Airflow's tasks do; it then
    counts with what it has more than the main process, of which those are forks.
    """
    resident = [resident_bytes(pid) for pid in pids]
    if sum(resident) <= limit:
        return sum(resident)
    own = resident_bytes(main)
    proportional = [proportional_bytes(pid) for pid in pids]
    return sum(max(0, r - own) if p is None else p for r, p in zip(resident, proportional, strict=True))


def largest(pids: list[int]) -> int:
    """The process with the largest resident set, which the kernel's OOM killer chooses too."""
    return max(pids, key=resident_bytes)


def resident_bytes(pid: int) -> int:
    fields = read_proc(f"/proc/{pid}/statm").split()
    return int(fields[1]) * PAGE_BYTES if fields else 0


def proportional_bytes(pid: int) -> int | None:
    """The memory of a process, each shared page divided among those who share it; None when it hides that."""
    try:
        rollup = read_proc(f"/proc/{pid}/smaps_rollup")
    except PermissionError:
        return None
    for line in rollup.splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def name_of(pid: int) -> str:
    """The title that a process gave itself, such as `airflow worker -- <DAG> <task> <run>`, else the name of
    its program, and not its arguments, which may hold secrets, with the title of who started it."""
    title = title_of(pid)
    if title is not None:
        return title
    name = read_proc(f"/proc/{pid}/comm").decode(errors="replace").strip()
    titles = (title_of(ancestor) for ancestor in ancestors(pid))
    above = next((title for title in titles if title is not None), None)
    return name if above is None else f"{name} of {above}"


def title_of(pid: int) -> str | None:
    """The title that a process gave itself: words, in place of arguments, each of which ends with a zero."""
    title = read_proc(f"/proc/{pid}/cmdline").rstrip(b"\0")
    if b"\0" in title or b" " not in title:
        return None
    return title.decode(errors="replace").strip()
