"""What a release asks of monitoring, and what it tells it (issue 9: SLOs, silences).

Before anything changes: whether the services have error budget left. While it goes on: a silence of
what a release may cause. Monitoring that has no address here or does not answer is told of and
stops nothing; a way back is asked nothing at all.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from operations import budgets, silences
from operations.preflight import Check
from settings import monitoring
from settings.loader import Settings

PROMETHEUS, ALERTMANAGER = "MANPASIK_PROMETHEUS", "MANPASIK_ALERTMANAGER"
"""Variables that hold the addresses, as this machine reaches them."""
_SPARE_MINUTES = 5


@dataclass(kw_only=True)
class Monitoring:
    """A stack's monitoring as far as one release goes."""

    settings: Settings
    services: Sequence[str]
    minutes: float
    """How long the release may take, its watch included."""
    by: str
    why: str
    prometheus: str = ""
    alertmanager: str = ""
    despite_budget: str = ""
    """Why it goes out though a budget is spent."""
    tell: Callable[[str], object] = lambda _: None
    _held: str | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        """As a block: whatever ends it, no silence outlives it."""
        return self

    def __exit__(self, *_: object) -> None:
        """The end of the block."""
        self.loud()

    def checks(self) -> Sequence[Check]:
        """Whether the services may be changed, as far as their budgets go."""
        if not monitoring.monitored(self.settings):
            return ()
        return (budgets.check(self.prometheus, self.services, self.despite_budget),)

    def quiet(self) -> None:
        """From now on nobody is told of what a release may cause."""
        if not monitoring.monitored(self.settings):
            return
        if not self.alertmanager:
            self.tell(f"no alert is silenced: no --alertmanager, and no {ALERTMANAGER}")
            return
        minutes = min(silences.LONGEST_MINUTES, math.ceil(self.minutes) + _SPARE_MINUTES)
        made = silences.silence(self.settings, self.services, minutes, self.by, self.why)
        try:
            self._held = silences.begin(self.alertmanager, made)
        except (OSError, ValueError, KeyError) as error:
            self.tell(f"no alert is silenced: {self.alertmanager} does not take it ({error})")

    def loud(self) -> None:
        """The silence ends; where that fails it ends by itself."""
        if self._held is None:
            return
        try:
            silences.end(self.alertmanager, self._held)
        except OSError as error:
            self.tell(f"the silence {self._held} ends by itself: {self.alertmanager} ({error})")
        self._held = None
