"""One thing that an analysis measures, and what an answer means (decision 9; pitfall C-1).

Owns the conditions: what an empty answer, NaN or infinity means is written out for each metric.

- `found`   a number must be there; its lack fails, since it would be no evidence.
- `over`    a number that is there must not be too high; none is no verdict yet: too few requests.
- `settled` a number must be there and low enough; until then the step waits, then asks (C-2).
"""

from dataclasses import dataclass
from typing import Literal

Condition = Literal["found", "over", "settled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One thing that is measured, and when it is too much."""

    name: str
    query: str
    limit: float
    condition: Condition
    strictly: bool = False
    """Whether the limit itself is too much already: «passes below» against «aborts above»."""
    window: bool = True
    """Whether it reads rates over a window, which must have been scraped once over."""

    @property
    def success(self) -> str:
        """When a measurement passes, in the controller's expression language."""
        good = f"{_SOUND} && result[0] {'<' if self.strictly else '<='} {self.limit:g}"
        return f"len(result) == 0 || ({good})" if self.condition == "over" else good

    @property
    def failure(self) -> str:
        """When it fails; neither means that nothing is known yet."""
        bad = f"result[0] {'>=' if self.strictly else '>'} {self.limit:g}"
        unsound = f"len(result) > 1 || (len(result) == 1 && ({_UNSOUND} || {bad}))"
        return f"len(result) == 0 || {unsound}" if self.condition == "found" else unsound


_UNSOUND = "isNaN(result[0]) || isInf(result[0])"
_SOUND = "len(result) == 1 && !isNaN(result[0]) && !isInf(result[0])"
