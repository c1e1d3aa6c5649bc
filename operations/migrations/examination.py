"""The doctor: what stands in a migration's way, and the exact command against it (pitfall M-3).

Asks with the SQL of the Jobs' own preflight, so both see alike. Nothing is changed here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.delivery.schema import (
    FULL_PERCENT,
    LONG_TRANSACTION_SECONDS,
    REPLICATION_LAG_BYTES,
    REPLICATION_LAG_SECONDS,
)
from operations.migrations.address import Connection, rows
from operations.migrations.state import State, look, prior
from operations.migrations.target import Target, step

Verdict = Literal["repair", "blocks", "waits", "warns"]
CHECKS = (
    "dirty", "lock", "long transaction", "invalid index", "replication lag", "replication slot",
    "disk",
)  # fmt: skip
_INDEX = re.compile(
    r"(create +(?:unique +)?|drop +)index +concurrently +(?:if +(?:not +)?exists +)?"
    r"([a-z0-9_.\"]+)",
    re.IGNORECASE,
)
_PROVEN = re.compile(r"--version (\d+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong."""

    verdict: Verdict
    """`repair`: proven, the command mends it; `blocks`: a person decides; `waits`: passes."""
    check: str
    what: str
    command: str
    """What to run, or what to do."""

    proven: int | None = None
    """The version that a dirty schema was proven to be at."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """All that was looked at."""

    state: State
    findings: Sequence[Finding]
    unasked: Sequence[str]
    """Checks that this user may not make."""
    index: str = ""
    """That the broken-off file builds or drops CONCURRENTLY."""

    @property
    def dirty(self) -> Finding | None:
        """What was found of a version that broke off."""
        return next((each for each in self.findings if each.check == "dirty"), None)

    def of(self, *verdicts: Verdict) -> list[Finding]:
        """Those findings."""
        return [each for each in self.findings if each.verdict in verdicts]


def examine(connection: Connection, target: Target) -> Examination:
    """Look at everything."""
    state = look(connection, target)
    before, (index, drops, resumes) = 0, ("", False, False)
    if state.dirty:
        before = prior(target.folder(), state.applied)
        index, drops, resumes = without_witness(target, state.applied)
    values = {
        "service": target.service.name, "version": state.version or "", "witness": state.witness,
        "dirty": _flag(state.dirty), "prior": before, "index": index, "drops": _flag(drops),
        "resumes": _flag(resumes), "lock": target.lock, "long_seconds": LONG_TRANSACTION_SECONDS,
        "lag_seconds": REPLICATION_LAG_SECONDS, "lag_bytes": REPLICATION_LAG_BYTES,
        "full_percent": FULL_PERCENT,
    }  # fmt: skip
    connection.execute("reset role")  # what the user may see, not what the owner may
    found = rows(connection, step(connection, "examine.sql", values))
    unasked = _unasked(connection)
    if "disk" not in unasked:
        connection.execute("drop table if exists pg_temp.disk")
        found += rows(connection, step(connection, "disk.sql", values))
    findings = [_finding(row, target) for row in found]
    return Examination(state=state, findings=findings, unasked=unasked, index=index)


def without_witness(target: Target, version: int) -> tuple[str, bool, bool]:
    """What tells of a file that could have no witness: an index, or batches that go on."""
    files = [e.up for e in target.folder().migrations if e.number == version and e.up]
    text = files[0].text if files else ""
    found = _INDEX.findall(" ".join(text.split()))
    index = found[-1][1] if found else ""
    drops = bool(found) and found[0][0].lower().startswith("drop")
    return index, drops, "mpk_next" in text


def _finding(row: tuple[Any, ...], target: Target) -> Finding:
    verdict, check, what, command = row
    runs = command.startswith(("mpk ", "select ", "drop "))
    proven = _PROVEN.search(command) if check == "dirty" else None
    return Finding(
        verdict=verdict, check=check, what=what,
        command=target.command(command) if runs else command,
        proven=int(proven[1]) if proven else None,
    )  # fmt: skip


def _unasked(connection: Connection) -> list[str]:
    question = (
        "select rolsuper, pg_has_role(oid, 'pg_monitor', 'usage') from pg_roles "
        "where rolname = current_user"
    )
    ((is_super, monitors),) = rows(connection, question)
    return ["disk"] * (not is_super) + ["replication lag", "replication slot"] * (not monitors)


def _flag(value: bool) -> str:  # noqa: FBT001 - psql's t and f
    return "t" if value else "f"
