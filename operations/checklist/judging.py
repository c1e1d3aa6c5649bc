"""Each line of R-CHECK: what its evidence must say, and what is missing where it does not.

A line is passed only by evidence of this version and this commit. Nothing is passed by a sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from operations.checklist.evidence import Evidence

RATE = 5_000
RATE_KEPT = 0.998
"""Of the rate that must have been sent: the last requests may be a tenth of a second late."""
LOAD_SECONDS = 60
LOAD_SUCCESS = 0.99
LOAD_P95_MS = 200
STABLE_HOURS = 24
STABLE_ERRORS = 0.01
WATCH_SECONDS = 30 * 60
_ENOUGH = 0.95
"""Of the day's samples that must be there: a monitoring that was down has seen nothing."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line, with what supports it or what is missing."""

    name: str
    title: str
    missing: str
    """Empty where the line holds."""
    evidence: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the lines are judged for."""

    version: str
    commit: str
    images: Sequence[str]
    """The images that a release must have."""
    clusters: Sequence[str] = ("production",)
    """The stacks of Production where services run: itself, or its regions (`mpk targets`)."""
    above: Sequence[str] = ()
    """The stack above the regions, where there is one."""
    opened: Sequence[str] = ("production",)
    """The environments that operations must have opened by now."""
    changelog: str = ""


_Judge = Callable[[Any, Asked], str]
_JudgeOne = Callable[[Any, str, Asked], str]


def ready(found: Mapping[str, Evidence], asked: Asked) -> list[Line]:
    """The lines that hold before Production is touched."""
    return [_line(name, found, asked) for name in _BEFORE]


def whole(found: Mapping[str, Evidence], asked: Asked) -> list[Line]:
    """All ten lines."""
    return [*ready(found, asked), *(_line(name, found, asked) for name in _AFTER), _noted(asked)]


def _line(name: str, found: Mapping[str, Evidence], asked: Asked) -> Line:
    title, judge = (_BEFORE | _AFTER)[name]
    each = found.get(name)
    if each is None:
        return Line(name=name, title=title, missing="no evidence")
    told = f"{name}.json of {each.when}"
    if each.version != asked.version:
        missing = f"the evidence is of {each.version}, not of {asked.version}"
    elif each.commit != asked.commit:
        missing = f"the evidence is of commit {each.commit[:10]}, not of {asked.commit[:10]}"
    else:
        try:
            missing = judge(each.data, asked)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            missing = f"the evidence does not say it ({type(error).__name__}: {error})"
    return Line(name=name, title=title, missing=missing, evidence=told)


def _ci(data: Any, _: Asked) -> str:
    bad = sorted(name for name, job in data.items() if job["result"] != "success")
    return f"not green: {', '.join(bad)}" if bad else "" if data else "no job ran"


def _images(data: Any, asked: Asked) -> str:
    absent = [each for each in asked.images if data.get(each) not in ("signed", "unsigned")]
    return f"the registry has no {', '.join(absent)}" if absent else ""


def _released(record: Any, stack: str, asked: Asked) -> str:
    if record["stack"] != stack:
        return f"the record is of {record['stack']}"
    if record["outcome"] != "succeeded":
        return f"the release on {stack} {record['outcome']}"
    if record["version"] != asked.version:
        return f"the release on {stack} is of {record['version']}"
    others = sorted(n for n, each in record["services"].items() if each["after"] != asked.version)
    return f"other versions run on {stack}: {', '.join(others)}" if others else ""


def _everywhere(data: Any, stacks: Sequence[str], asked: Asked, judge: _JudgeOne) -> str:
    """Each stack by the last record of it; one record alone is a list of one."""
    records = cast("list[Any]", data if isinstance(data, list) else [data])
    found = {str(each["stack"]): each for each in records}
    said = [judge(found[s], s, asked) if s in found else f"no record of {s}" for s in stacks]
    return "; ".join(filter(None, said))


def _migrated(data: Any, asked: Asked) -> str:
    unsound = _released(data, "staging", asked)
    if unsound:
        return unsound
    stages = {each["name"]: each["outcome"] for each in data["stages"]}
    done = stages.get("migrate", "did not run")
    return "" if done in ("ok", "succeeded") else f"migrations: {done}"


def _tests(data: Any, _: Asked) -> str:
    if data["failed"] or not data["passed"]:
        return f"{data['passed']} passed, {data['failed']} failed"
    return ""


def _load(data: Any, _: Asked) -> str:
    lacking = [
        text
        for low, text in (
            (data["rate"] < RATE_KEPT * RATE, f"{data['rate']:,.0f} requests a second of {RATE:,}"),
            (data["seconds"] < LOAD_SECONDS, f"{data['seconds']:.0f} s of {LOAD_SECONDS}"),
            (data["success"] < LOAD_SUCCESS, f"success {data['success']:.2%}"),
            (data["p95_ms"] > LOAD_P95_MS, f"P95 {data['p95_ms']:.0f} ms"),
        )
        if low
    ]
    limit = data.get("limit", "")
    return (
        f"inconclusive, {limit}: {', '.join(lacking)}" if limit and lacking else ", ".join(lacking)
    )


def unstable(data: Any) -> str:
    """Why a day was not stable, whatever ran; empty where it was."""
    lacking = [
        text
        for low, text in (
            (data["hours"] < STABLE_HOURS, f"{data['hours']} of {STABLE_HOURS} hours"),
            (data["seen"] < _ENOUGH, f"samples of only {data['seen']:.0%} of the time"),
            (data["errors"] > STABLE_ERRORS, f"error rate {data['errors']:.2%}"),
            (data["restarts"] > 0, f"{data['restarts']:.0f} restarts"),
        )
        if low
    ]
    return ", ".join(lacking)


def _stable(data: Any, asked: Asked) -> str:
    others = data["versions"] != [asked.version]
    ran = f"versions {', '.join(data['versions'])}" if others else ""
    return ", ".join(filter(None, (unstable(data), ran)))


def _approved(data: Any, asked: Asked) -> str:
    shut = [each for each in asked.opened if not data["by"].get(each)]
    return f"nobody approved {', '.join(shut)}" if shut else ""


def _deployed(data: Any, asked: Asked) -> str:
    return _everywhere(data, [*asked.clusters, *asked.above], asked, _released)


def _watched(data: Any, asked: Asked) -> str:
    return _everywhere(data, asked.clusters, asked, _watched_one)


def _watched_one(record: Any, stack: str, asked: Asked) -> str:
    unsound = _released(record, stack, asked)
    stages = {each["name"]: each for each in record["stages"]}
    watch = stages.get("watch", {"outcome": "did not happen", "seconds": 0})
    if not unsound and watch["outcome"] not in ("ok", "succeeded"):
        unsound = f"watch of {stack}: {watch['outcome']}"
    if not unsound and watch["seconds"] < WATCH_SECONDS:
        unsound = f"{stack} was watched {watch['seconds']:.0f} s of {WATCH_SECONDS}"
    return unsound


def _noted(asked: Asked) -> Line:
    head = f"## [{asked.version.removeprefix('v')}]"
    missing = "" if head in asked.changelog else f"CHANGELOG.md has no section {head}"
    return Line(name="changelog", title="CHANGELOG", missing=missing, evidence="CHANGELOG.md")


_BEFORE: dict[str, tuple[str, _Judge]] = {
    "ci": ("CI is green", _ci),
    "images": ("all images", _images),
    "migration": ("migration verified on Staging", _migrated),
    "e2e": ("end-to-end tests on Staging", _tests),
    "load": (f"{RATE:,} requests a second", _load),
    "stable": (f"{STABLE_HOURS} h stable on Staging", _stable),
    "approval": ("approval of operations", _approved),
}
_AFTER: dict[str, tuple[str, _Judge]] = {
    "production": ("deployed to Production", _deployed),
    "watch": ("watched for 30 minutes", _watched),
}
LINES = (*_BEFORE, *_AFTER)
