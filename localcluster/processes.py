"""The processes of a cluster: started detached, found by what only they carry, ended in order.

Each process carries its cluster's directory, its part and a digest of what it was started with in
its environment, and is found by that. So there is no pid file that a SIGKILL could leave behind
half-written or stale: a recycled pid belongs to a process without the mark and is never touched,
and a process whose starter died before it could note anything is found all the same.
"""

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from localcluster.files import PRIVATE_FILE

CLUSTER_MARK = "MANPASIK_CLUSTER_DIRECTORY"
PART_MARK = "MANPASIK_CLUSTER_PART"
DIGEST_MARK = "MANPASIK_CLUSTER_DIGEST"
GO_MEMORY = ("GOGC", "GOMEMLIMIT")
TERMINATE_SECONDS = 5.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.05
LOG_BYTES_KEPT = 8 * 1024 * 1024
PRIVATE_UMASK = 0o077


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """A process to run: its command, and the files whose change asks for a restart."""

    part: str
    command: Sequence[str]
    files: Sequence[Path] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Changes when the command or one of its files does."""
        parts = [*self.command, *(f"{key}={value}" for key, value in self.environment.items())]
        whole = hashlib.sha256("\0".join(parts).encode())
        for file in self.files:
            whole.update(hashlib.sha256(file.read_bytes()).digest())
        return whole.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A live process of a cluster. `process` knows its creation time: a recycled pid is refused."""

    part: str
    digest: str
    process: psutil.Process


def start(launch: Launch, directory: Path) -> None:
    """Start a process in its own session; its output goes to `logs/<part>.log`.

    The shell puts it in the background and ends at once: the process has no parent that must reap
    it, and neither Ctrl-C nor the end of this program reaches it. Its environment is made anew, so
    that no proxy and no kubeconfig of the user's leads it elsewhere; only how much memory Go may
    spare its collector (GOGC, GOMEMLIMIT) is the caller's.
    """
    log = directory / "logs" / f"{launch.part}.log"
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old.log"))
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        **{name: os.environ[name] for name in GO_MEMORY if name in os.environ},
        **launch.environment,
        CLUSTER_MARK: str(directory),
        PART_MARK: launch.part,
        DIGEST_MARK: launch.digest(),
    }
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        subprocess.run(  # noqa: S603 - the commands are those of `commands.py`
            ["/bin/sh", "-c", '"$@" &', "sh", *launch.command],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            umask=PRIVATE_UMASK,
            check=True,
        )
    finally:
        os.close(descriptor)


def running(directory: Path) -> list[Running]:
    """All live processes that carry this cluster's mark, except the caller itself."""
    found: list[Running] = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            environment = process.environ()
            if environment.get(CLUSTER_MARK) != str(directory) or _has_ended(process):
                continue
        except psutil.Error:
            continue
        part, digest = environment.get(PART_MARK, ""), environment.get(DIGEST_MARK, "")
        found.append(Running(part=part, digest=digest, process=process))
    return found


def stop(processes: Iterable[psutil.Process]) -> None:
    """End processes: TERM, and KILL for those that do not follow."""
    remaining = list(processes)
    _signal(remaining, psutil.Process.terminate)
    remaining = _wait_for_end(remaining, TERMINATE_SECONDS)
    _signal(remaining, psutil.Process.kill)
    _wait_for_end(remaining, KILL_SECONDS)


def _signal(processes: Iterable[psutil.Process], send: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            send(process)


def _has_ended(process: psutil.Process) -> bool:
    """Also true of a zombie, which only waits for a slow init to take note of it."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_for_end(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after so long."""
    deadline = time.monotonic() + seconds
    while (left := [each for each in processes if not _has_ended(each)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(POLL_SECONDS)
    return left
