"""One run of one command as a whole process: its time, and what the kernel says it used."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_RUN_SECONDS = 600.0
_WORDS_SHOWN = 2000
# Linux counts in KiB, macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
# The kernel gives a new process its parent's size as a first peak; so the parent is this small one.
_PARENT = """
import json, os, sys, time
began = time.perf_counter()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - began
used = usage.ru_utime + usage.ru_stime
with open(int(sys.argv[1]), "w") as told:
    json.dump([os.waitstatus_to_exitcode(status), seconds, used, usage.ru_maxrss], told)
"""


class RunFailedError(Exception):
    """A measured command failed, so that its figures would mean nothing."""


class TookTooLongError(RunFailedError):
    """A measured command was ended, so that it has no figures; others may have theirs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one run took."""

    seconds: float
    cpu_seconds: float
    """User and system time, that of its children included."""
    peak_bytes: int
    """Of its largest process: the command itself or a child that it waited for."""
    output: str


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None = None,
    longest: float = LONGEST_RUN_SECONDS,
) -> Run:
    """Run to the end; raises where it fails or takes longer than so many seconds."""
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        tempfile.TemporaryFile("w+") as told,
    ):
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-I", "-S", "-c", _PARENT, str(told.fileno()), *command],
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            pass_fds=[told.fileno()],
            process_group=0,
        )
        try:
            process.wait(longest)
        except subprocess.TimeoutExpired:
            raise TookTooLongError(f"ended after {longest:.0f} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for file in (output, errors, told):
            file.seek(0)
        text = told.read()
        exit_code, seconds, cpu_seconds, peak = json.loads(text) if text else (1, 0.0, 0.0, 0)
        if exit_code:
            raise RunFailedError(
                f"`{' '.join(command)}` ended with {exit_code}:\n" + errors.read()[-_WORDS_SHOWN:]
            )
        return Run(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            peak_bytes=peak * _MAXRSS_UNIT,
            output=output.read(),
        )
