"""Lint: a folder's files against every rule that its engine has."""

from datetime import date
from pathlib import Path

from schema import squawk
from schema.files import Folder, read
from schema.findings import Engine, Finding, Rule
from schema.rules import RULES
from schema.rules.waivers import settle
from settings.problems import Problem, SettingsError


def lint(folder: Folder, today: date) -> list[Finding]:
    """Every finding that no waiver covers, by file and line."""
    found = set(squawk.findings(folder))
    for rule in RULES.values():
        if rule.check:
            found |= set(rule.check(folder))
    fitting = [each for each in found if folder.engine in rule_of(each).engines]
    return settle(folder, fitting, RULES, today)


def rule_of(finding: Finding) -> Rule:
    """The rule of a finding; one of a newer squawk's that we have no words for speaks itself."""
    return RULES.get(finding.rule) or Rule(
        id=finding.rule,
        title=finding.rule,
        why="A newer squawk has this rule, and nobody has written here why.",
        safe="See what squawk says of it.",
        bad_example={},
        safe_example={},
    )


def stops(findings: list[Finding]) -> bool:
    """Whether one of them is more than advice."""
    return not all(rule_of(each).advice for each in findings)


def folders(place: Path, engine: Engine) -> list[Folder]:
    """A service's folder, or those of many services below one."""
    if not place.is_dir():
        return [read(place, engine)]
    below = [each for each in sorted(place.iterdir()) if each.is_dir() and _holds(each)]
    chosen = [place] if _holds(place) else below
    if not chosen:
        remedy = "name a folder with *.up.sql files, or one that holds such folders"
        problem = Problem(
            file=str(place), key="", value="", message="holds no SQL file", remedy=remedy
        )
        raise SettingsError([problem])
    return [read(each, engine) for each in chosen]


def _holds(folder: Path) -> bool:
    return any(each.suffix == ".sql" for each in folder.iterdir())
