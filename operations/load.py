"""The load gate: so many requests a second at an address, judged by the specification's figures.

Open loop (vegeta): a slow server is given no respite, so its queue shows as latency. A rate that
the generator itself could not keep is a failure of the gate, not a pass at a lower rate.
"""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from operations.checklist.judging import LOAD_P95_MS, LOAD_SUCCESS, RATE
from operations.refusal import RefusedError

MOST_SECONDS = 900
_KEPT = 0.98
"""Of the rate asked for that must have been sent."""
_WORKERS = 64
_MILLION = 1_000_000


class LoadError(RefusedError):
    """There is nothing to load, or the generator cannot run."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What came of it."""

    asked: int
    rate: float
    """Requests a second that were sent."""
    seconds: float
    success: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    codes: dict[str, int]

    @property
    def missing(self) -> list[str]:
        """Which figures are not kept."""
        kept = {
            f"{self.rate:,.0f} of {self.asked:,} requests a second were sent": self.rate
            >= _KEPT * self.asked,
            f"{self.success:.2%} succeeded, {LOAD_SUCCESS:.0%} must": self.success >= LOAD_SUCCESS,
            f"P95 is {self.p95_ms:.0f} ms, at most {LOAD_P95_MS} may be": self.p95_ms
            <= LOAD_P95_MS,
        }
        return [text for text, holds in kept.items() if not holds]

    def as_dict(self) -> dict[str, Any]:
        """Plain data; evidence of the checklist's line `load`."""
        return asdict(self)


def attack(
    program: Path,
    address: str,
    *,
    rate: int = RATE,
    seconds: int = 60,
    host: str = "",
    h2c: bool = False,
) -> Loaded:
    """Send the load, and say what came of it.

    `h2c`: HTTP/2 on a plain address that is known to speak it, for half of the generator's work;
    with https it is HTTP/2 wherever the other side offers it.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise LoadError(f"{address} is no address that begins with http or https")
    named = f"Host: {host}\n" if host else ""
    limits = ("-rate", str(rate), "-duration", f"{seconds}s", "-timeout", "5s")
    workers = ("-workers", str(_WORKERS), "-max-workers", str(16 * _WORKERS), "-redirects", "0",
               *(["-h2c"] if h2c else []))  # fmt: skip
    sent = subprocess.run(  # noqa: S603 - the pinned generator, no shell
        [program, "attack", *limits, *workers],
        input=f"GET {address}\n{named}".encode(), capture_output=True, check=False,
        timeout=seconds + 60,
    )  # fmt: skip
    if sent.returncode:
        raise LoadError(f"the load could not be sent: {sent.stderr.decode().strip()}")
    told = subprocess.run(  # noqa: S603
        [program, "report", "-type", "json"], input=sent.stdout, capture_output=True, check=True
    )
    return _read(json.loads(told.stdout), rate)


def _read(report: dict[str, Any], asked: int) -> Loaded:
    latencies = report["latencies"]
    return Loaded(
        asked=asked,
        rate=round(float(report["rate"]), 1),
        seconds=round(report["duration"] / 1_000 / _MILLION, 1),
        success=float(report["success"]),
        p50_ms=round(latencies["50th"] / _MILLION, 2),
        p95_ms=round(latencies["95th"] / _MILLION, 2),
        p99_ms=round(latencies["99th"] / _MILLION, 2),
        codes=dict(report["status_codes"]),
    )
