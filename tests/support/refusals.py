"""Rows of the tables of bad input: what is spoiled, and each problem that must be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from settings.problems import Problem
from tests.support.project import STACK, Spoil


@dataclass(frozen=True)
class Wrong:
    """One expected problem: place and value exactly, key words of message and remedy."""

    file: str
    key: str
    value: str
    message: str
    remedy: str


def in_stack(key: str, value: str, message: str, remedy: str) -> Wrong:
    """A problem below `manpasik:stack` of the stack `local`."""
    return Wrong(STACK, f"manpasik:stack.{key}", value, message, remedy)


def refused(rule: str, spoil: Spoil, *expected: Wrong):
    """A row of a table; its id is the rule."""
    return pytest.param(spoil, list(expected), id=rule.replace(" ", "-"))


def said(found: Sequence[Problem], expected: Sequence[Wrong]) -> list[Wrong]:
    """What was found, with message and remedy shortened to the key words where they hold them."""
    told = [Wrong(p.file, p.key, p.value, p.message, p.remedy) for p in found]
    for index, (wrong, wanted) in enumerate(zip(told, expected, strict=False)):
        message = wanted.message if wanted.message in wrong.message else wrong.message
        remedy = wanted.remedy if wanted.remedy in wrong.remedy else wrong.remedy
        told[index] = replace(wrong, message=message, remedy=remedy)
    return told
