"""Residency as problems of the stack files: what moves people's data abroad is refused (D-10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from settings.holdings import addressed, holdings
from settings.problems import Problem, shown
from settings.residency import Finding, Holding, Law, findings
from settings.stack_file import STACK_KEY

if TYPE_CHECKING:
    from settings.loader import Settings


def problems(settings: Settings, held: frozenset[str] = frozenset()) -> list[Problem]:
    """What of a stack's settings would move confined data out of its country."""
    found = [*findings(holdings(settings, held), law(settings)), *_waivers(settings)]
    return [_problem(each, settings) if isinstance(each, Finding) else each for each in found]


def shared(several: Iterable[Settings]) -> Iterator[Problem]:
    """Stores that stacks of different markets reach by one address (RES-07)."""
    users: dict[tuple[str, str], list[tuple[Settings, Holding]]] = {}
    for settings in several:
        for variable, address, holding in addressed(settings):
            users.setdefault((variable, address), []).append((settings, holding))
    for found in users.values():
        everybody = frozenset(who for _, holding in found for who in holding.subjects)
        for settings, holding in found:
            together = replace(holding, subjects=everybody)
            for each in findings([together] if len(everybody) > 1 else [], law(settings)):
                yield _problem(each, settings)


def law(settings: Settings) -> Law:
    """What the stack's holdings are judged by."""
    return Law(
        jurisdictions=settings.catalog.jurisdictions,
        locations=settings.catalog.locations,
        transfers=settings.stack.transfers,
        cloud=settings.stack.cloud.provider if settings.stack.cloud else None,
    )


def _waivers(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.stack.transfers):
        if each.data == "health":
            yield Problem(
                file=f"Pulumi.{settings.stack_name}.yaml",
                key=f"{STACK_KEY}.transfers.{index}.data",
                value=shown(each.data),
                message="health data has no exception (RES-12)",
                remedy="allowed: personal; keep health data in its people's country (D-10)",
            )


def _problem(found: Finding, settings: Settings) -> Problem:
    return Problem(
        file=found.holding.file,
        key=f"{STACK_KEY}.{found.holding.key}",
        value=shown(_value(settings, found.holding.key)),
        message=f"{found.message} ({found.rule})",
        remedy=found.remedy,
    )


def _value(settings: Settings, key: str) -> Any:
    """What stands at a key of the stack, defaults included; None where nothing does."""
    value: Any = settings.stack.model_dump(mode="json")
    steps = key.split(".")
    while steps and value is not None:
        value, steps = _step(value, steps)
    return value


def _step(value: Any, steps: list[str]) -> tuple[Any, list[str]]:
    """One entry of a mapping or a list. A key may hold dots itself: the longest that is there."""
    if isinstance(value, list):
        return cast("list[Any]", value)[int(steps[0])], steps[1:]
    entries = cast("dict[str, Any]", value)
    for end in range(len(steps), 0, -1):
        if (name := ".".join(steps[:end])) in entries:
            return entries[name], steps[end:]
    return None, []
