"""One measured release after another: what each strategy is promised to do, and when it did.

Times come from the prober: a version is gone when the last request that it answered was asked.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from drill import prober
from drill.course import Course, Moment
from drill.prober import Answer
from drill.product import DrillError, Product
from drill.stage import Stage

TAIL_SECONDS = 2.0
"""How long is still asked after the end: a version that comes back would be seen."""
SETTLE_SECONDS = 1.0
"""How long after a new weight the callers' shares are not counted: the mesh hears of it first."""


@dataclass(kw_only=True)
class Drill:
    """A stage, the product on it, and the file into which the prober writes."""

    stage: Stage
    product: Product
    course: Course
    answers_file: Path
    versions: Iterator[str] = field(
        default_factory=lambda: (f"v7.{n}.0" for n in itertools.count(1))
    )

    def answers(self, since: float = 0.0, until: float = math.inf) -> list[Answer]:
        """What the prober has seen between the two."""
        return [each for each in prober.read(self.answers_file, since) if each.at < until]

    def await_(self, holds: Callable[[Moment], bool], what: str, seconds: float) -> Moment:
        """The first moment for which it holds; an error that says how it stands instead."""
        found = self.course.wait(holds, seconds)
        if found is None:
            last = self.course.moments[-1] if self.course.moments else "nothing"
            raise DrillError(f"waited {seconds:.0f} s in vain until {what}; it stands at {last}")
        return found
