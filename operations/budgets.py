"""What is left of error budgets, for whoever decides about a release.

Read from the series that dashboards and alerts read (components/monitoring/objectives.py). Where
metrics are missing nothing is known, and the answer says so: a release is told, and goes on.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from components.monitoring import objectives
from operations.preflight import Check

_SECONDS = 10


class BudgetsUnknownError(Exception):
    """Nobody can say what is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What a service may still fail."""

    service: str
    objective: str
    left: float
    """1 is all of it; at 0 and below the promise is broken."""

    @property
    def spent(self) -> bool:
        """Whether nothing is left: then only what repairs should go out."""
        return self.left <= 0


def left(prometheus: str, services: Iterable[str] = ()) -> list[Budget]:
    """The budgets of these services, or of all, those with the least left first."""
    wanted = "|".join(sorted(services))
    matchers = f'{{service=~"{wanted}"}}' if wanted else ""
    found = [
        Budget(
            service=each["metric"]["service"],
            objective=each["metric"]["objective"],
            left=float(each["value"][1]),
        )
        for each in _asked(prometheus, f"{objectives.BUDGET}{matchers}")
    ]
    return sorted(found, key=lambda budget: (budget.left, budget.service, budget.objective))


def check(prometheus: str, services: Iterable[str], despite: str) -> Check:
    """Whether these services may be changed: a service without budget takes repairs only."""
    if not prometheus:
        return _check("noted", "not asked: no --prometheus, and no MANPASIK_PROMETHEUS")
    try:
        found = left(prometheus, services)
    except BudgetsUnknownError as unknown:
        return _check("noted", str(unknown))
    if not found:
        return _check("noted", "nothing is known: nobody asked these services anything")
    spent = [f"{each.service} {each.objective} ({each.left:.0%})" for each in found if each.spent]
    if not spent:
        least = found[0]
        told = f"at least {least.left:.0%} left, of {least.service} {least.objective}"
        return _check("passed", told)
    told = f"spent: {', '.join(spent)}"
    if despite:
        return _check("noted", f"{told}; released all the same: {despite}")
    return _check(
        "refused",
        f"{told}; wait until it has come back, leave these services out (--service), or release "
        "what repairs them with --despite-budget REASON",
    )


def _check(verdict: str, detail: str) -> Check:
    return Check(name="error budget", verdict=verdict, detail=detail)


def _asked(prometheus: str, expr: str) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"query": expr})
    try:
        address = f"{prometheus.rstrip('/')}/api/v1/query?{query}"
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 - http(s)
            return json.load(answer)["data"]["result"]
    except (OSError, ValueError, KeyError) as error:
        message = f"{prometheus} does not say what is left of the error budgets ({error})"
        raise BudgetsUnknownError(message) from error
