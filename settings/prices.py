"""The model of `catalog/prices.yaml`: what a cloud asks for a thing, where, and as of when."""

from typing import Annotated, Literal

from pydantic import Field

from settings.images import Day
from settings.model import Model

HOURS_A_MONTH = 730
EVERYWHERE = "any"

Unit = Literal["hour", "gb-month", "gb", "month"]
"""What a price is for one of: an hour of use, a GB kept for a month, a GB sent, a month."""

PriceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9.-]{1,60}$")]
"""A machine by the cloud's own name, or a thing by this program's."""


class Price(Model):
    """The list price of one thing."""

    unit: Unit
    """What it is for."""

    usd: dict[str, Annotated[float, Field(ge=0)]] = Field(min_length=1)
    """US dollars by place; `any`: in every place."""

    as_of: Day
    """The day of the list."""

    source: str
    """Where the list stands."""

    read: bool = False
    """Whether every figure was read there; else it is from knowledge, and `mpk cost` says so."""

    read_in: list[str] = Field(default_factory=list[str])
    """The places whose figure was read, where it is not all of them."""

    def known(self, place: str) -> bool:
        """Whether the figure of a place was read in the list."""
        return self.read or place in self.read_in

    def monthly(self, place: str) -> float | None:
        """US dollars for one of it over a month; None where the list has no such place."""
        found = self.usd.get(place, self.usd.get(EVERYWHERE))
        return None if found is None else found * (HOURS_A_MONTH if self.unit == "hour" else 1)
