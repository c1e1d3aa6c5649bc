"""Where people's data may be: one judge over everything that keeps data or passes it on.

Health data stays in its people's country (decision 11, D-10). What the stacks declare
(`holdings.py`) and what a recording holds are both said as `Holding`s and judged here. Every
finding has a rule's id and names the setting that moves the data. What is not known is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from settings.law import CONFINED, DataClass, Jurisdiction, Location, Transfer

Kind = Literal[
    "home",
    "store",
    "backup",
    "replica",
    "queue",
    "logs",
    "bucket",
    "cache",
    "failover",
    "processor",
]
"""What a holding is, or does."""

RULES: Mapping[str, str] = {
    "RES-01": "a region's stack lies in the country of its people",
    "RES-02": "a store of health data stays in its people's country",
    "RES-03": "a backup stays where its data may be",
    "RES-04": "a replica stays where its data may be",
    "RES-05": "a queue stays where its messages may be",
    "RES-06": "logs of requests stay where the requests' data may be",
    "RES-07": "no store is shared by the people of two markets",
    "RES-08": "no cache keeps an answer of the API",
    "RES-09": "nobody's requests fail over into another country",
    "RES-10": "where confined data lies is known",
    "RES-11": "no processor abroad is sent confined data",
    "RES-12": "health data has no exception",
    "RES-13": "a bucket stays where its objects may be",
}
"""Every rule by its id, as `mpk check` and docs/residency.md say it."""

_RULE_OF: Mapping[Kind, str] = {
    "home": "RES-01",
    "store": "RES-02",
    "backup": "RES-03",
    "replica": "RES-04",
    "queue": "RES-05",
    "logs": "RES-06",
    "cache": "RES-08",
    "failover": "RES-09",
    "processor": "RES-11",
    "bucket": "RES-13",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """Something that keeps data or passes it on: what, whose, where, and by which setting."""

    name: str
    kind: Kind
    data: DataClass
    subjects: frozenset[str]
    """Jurisdictions of the people whose data it is."""
    at: str
    """A place of a cloud, or a country's two letters."""
    file: str
    key: str
    """The setting that put it there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """What a holding is judged by."""

    jurisdictions: Mapping[str, Jurisdiction]
    locations: Mapping[str, Location]
    transfers: tuple[Transfer, ...] = ()
    cloud: str | None = None
    """Whose places a remedy names."""

    def countries(self, at: str) -> frozenset[str] | None:
        """The countries of a place; None where nobody knows."""
        if at in self.locations:
            return frozenset(self.locations[at].countries) or None
        known = {country for each in self.jurisdictions.values() for country in each.countries}
        known |= {c for each in self.locations.values() for c in each.countries}
        return frozenset({at}) if at in known else None

    def allowed(self, holding: Holding) -> frozenset[str]:
        """The countries in which a holding may be."""
        common = frozenset(
            country
            for who in holding.subjects
            for country in self.jurisdictions[who].countries
            if all(country in self.jurisdictions[other].countries for other in holding.subjects)
        )
        if holding.data != "personal" or holding.kind == "home":
            return common
        return common | {each.to for each in self.transfers if each.data == "personal"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A rule that a holding breaks."""

    rule: str
    holding: Holding
    message: str
    remedy: str


def findings(holdings: Iterable[Holding], law: Law) -> Iterator[Finding]:
    """Every holding that confined data may not be in, each by one rule."""
    for each in holdings:
        if each.data in CONFINED:
            yield from _judged(each, law)


def _judged(each: Holding, law: Law) -> Iterator[Finding]:
    whose = f"{each.data} data of {' and '.join(sorted(each.subjects))}"
    if each.kind == "cache":
        yield _finding("RES-08", each, f"{each.name} would keep {whose}", "leave the API out of it")
        return
    if len(each.subjects) > 1:
        message = f"{each.name} would hold {whose} together"
        yield _finding("RES-07", each, message, "give each market's stack its own")
        return
    countries, allowed = law.countries(each.at), law.allowed(each)
    remedy = f"allowed: {_places(allowed, law)}"
    if countries is None:
        message = f"{each.name} holds {whose}, and nobody knows in which country {each.at!r} lies"
        yield _finding("RES-10", each, message, remedy)
    elif not countries <= allowed:
        abroad = ", ".join(sorted(countries - allowed))
        message = f"{each.name} would take {whose} to {abroad}"
        yield _finding(_RULE_OF[each.kind], each, message, remedy)


def _finding(rule: str, holding: Holding, message: str, remedy: str) -> Finding:
    return Finding(rule=rule, holding=holding, message=message, remedy=remedy)


def _places(allowed: frozenset[str], law: Law) -> str:
    """The places that lie in the allowed countries alone, or the countries where there is none."""
    inside = [
        name
        for name, place in law.locations.items()
        if place.countries
        and frozenset(place.countries) <= allowed
        and law.cloud in (None, place.cloud)
    ]
    return ", ".join(inside or sorted(allowed)) or "nothing"
