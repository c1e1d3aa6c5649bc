"""Numbers as Grafana's units show them."""

import math
from datetime import UTC, datetime

_THOUSAND = 1000
_DAY = 86400
_NOTHING = 1e-9  # what a subtraction of equal figures leaves
_FORMS = {
    "percentunit": (100, ".4g", "%"),
    "ms": (1, ".3g", "ms"),
    "reqps": (1, ".3g", "req/s"),
    "d": (1, ".1f", "days"),
}
"""By what a value is multiplied, how it is written, and what stands behind it."""


def nice(most: float) -> float:
    """A round number that is at least that."""
    if most <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(most))
    return next(each * scale for each in (1, 1.5, 2, 3, 5, 8, 10) if each * scale >= most * 0.999)


def shown(value: float, unit: str, now: float = 0.0) -> str:
    """A value with its unit; a moment as how long it is ago, where `now` is given."""
    if unit == "ms" and value >= _THOUSAND:
        return f"{value / _THOUSAND:.3g} s"
    if unit == "dateTimeAsIso":
        return _moment(value / _THOUSAND, now)
    factor, form, name = _FORMS.get(unit, (1, ".4g", ""))
    number = 0.0 if abs(value) < _NOTHING else factor * value
    return f"{number:{form}} {name}".rstrip()


def _moment(at: float, now: float) -> str:
    if now:
        ago = now - at
        return f"{ago / _DAY:.1f} days ago" if ago > _DAY else f"{ago / 60:.0f} min ago"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
