"""One run of one command as a whole process: its time, and what the kernel says it used."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_RUN_SECONDS = 600.0
_WORDS_SHOWN = 2000
# Linux counts in KiB, macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


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
    """Run to the end; raises where it fails or takes longer than so many seconds.

    The kernel gives a new process its parent's size as a first peak. So whoever calls this must
    stay smaller than what it measures, and imports no SDK.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        watchdog = threading.Timer(longest, process.kill)
        watchdog.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            watchdog.cancel()
        seconds = time.perf_counter() - began
        # Reaped here, so Popen must not wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode and seconds >= longest:
            raise TookTooLongError(f"ended after {longest:.0f} s")
        if process.returncode:
            raise RunFailedError(
                f"`{' '.join(command)}` ended with {process.returncode}:\n"
                + errors.read()[-_WORDS_SHOWN:]
            )
        return Run(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_bytes=usage.ru_maxrss * _MAXRSS_UNIT,
            output=output.read(),
        )
