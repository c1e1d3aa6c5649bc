"""The load gate: so many requests a second at an address, judged by the specification's figures.

Open loop (vegeta): a slow server is given no respite, so its queue shows as latency. A rate that
was not sent is never a pass at a lower rate. Where this machine was the limit (no core was left to
it, no port, no file) the figures are of the machine: the gate is inconclusive, not refused.
"""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import psutil

from operations.checklist.judging import LOAD_P95_MS, LOAD_SUCCESS, RATE, RATE_KEPT
from operations.refusal import RefusedError

MOST_SECONDS = 900
BUSY = 0.9
"""Of this machine's cores: beyond it requests wait here before they are sent, and answers too."""
_EXHAUSTED = ("assign requested address", "too many open files", "no buffer space")
"""What a machine says that has no port, file or memory left for one more request."""
_GUESTS = ("guest", "guest_nice")
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
    """Answers by status; `0` where none came."""
    busy: float
    """How much of this machine's cores was used meanwhile, by everybody."""
    exhausted: str = ""
    """What this machine said that it had no more of."""

    @property
    def limit(self) -> str:
        """Why the figures say more of this machine than of what was loaded; empty where not."""
        if not self.missing or self._answered_badly() > 1 - LOAD_SUCCESS:
            return ""
        if self.exhausted:
            return f"this machine has no more to send with ({self.exhausted})"
        return f"this machine was {self.busy:.0%} busy" if self.busy >= BUSY else ""

    @property
    def verdict(self) -> Literal["kept", "refused", "inconclusive"]:
        """What the gate says."""
        if not self.missing:
            return "kept"
        return "inconclusive" if self.limit else "refused"

    def _answered_badly(self) -> float:
        """The share of answers that whoever is loaded gave, and that are no success."""
        bad = sum(n for code, n in self.codes.items() if code != "0" and code[0] not in "23")
        return bad / max(1, sum(self.codes.values()))

    @property
    def missing(self) -> list[str]:
        """Which figures are not kept."""
        kept = {
            f"{self.rate:,.0f} of {self.asked:,} requests a second were sent": self.rate
            >= RATE_KEPT * self.asked,
            f"{self.success:.2%} succeeded, {LOAD_SUCCESS:.0%} must": self.success >= LOAD_SUCCESS,
            f"P95 is {self.p95_ms:.0f} ms, at most {LOAD_P95_MS} may be": self.p95_ms
            <= LOAD_P95_MS,
        }
        return [text for text, holds in kept.items() if not holds]

    def as_dict(self) -> dict[str, Any]:
        """Plain data; evidence of the checklist's line `load`."""
        return {**asdict(self), "verdict": self.verdict, "limit": self.limit}


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
    before = psutil.cpu_times()
    sent = subprocess.run(  # noqa: S603 - the pinned generator, no shell
        [program, "attack", *limits, *workers],
        input=f"GET {address}\n{named}".encode(), capture_output=True, check=False,
        timeout=seconds + 60,
    )  # fmt: skip
    busy = _busy(before, psutil.cpu_times())
    if sent.returncode:
        raise LoadError(f"the load could not be sent: {sent.stderr.decode().strip()}")
    told = subprocess.run(  # noqa: S603
        [program, "report", "-type", "json"], input=sent.stdout, capture_output=True, check=True
    )
    return _read(json.loads(told.stdout), rate, busy)


def _busy(before: Any, after: Any) -> float:
    spent = [late - early for early, late in zip(before, after, strict=True)]
    # Guests are counted in user as well; waiting for a disk leaves the core to others.
    whole = sum(spent) - sum(getattr(after, n, 0) - getattr(before, n, 0) for n in _GUESTS)
    idle = sum(getattr(after, n, 0) - getattr(before, n, 0) for n in ("idle", "iowait"))
    return round(1 - idle / whole, 3) if whole > 0 else 0.0


def _read(report: dict[str, Any], asked: int, busy: float) -> Loaded:
    said = " ".join(map(str, report.get("errors") or ()))
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
        busy=busy,
        exhausted=next((each for each in _EXHAUSTED if each in said), ""),
    )
