"""WAIVE-1 to WAIVE-3, HEAD-1: what a file says of itself counts, and ends.

A waiver is for one rule in one file, with a reason and a last day. It is itself a finding when it
has ended, when it covers nothing, and when it hides from sight.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from schema.directives import Waiver
from schema.files import Folder, SqlFile
from schema.findings import Finding, Rule
from schema.rules.examples import pair

_IGNORE = re.compile(r"--\s*squawk-(ignore|disable)|/\*\s*squawk-(ignore|disable)")
UNWAIVABLE = frozenset(("FILE-1", "FILE-2", "FILE-4", "HEAD-1", "WAIVE-1", "WAIVE-2", "WAIVE-3"))
"""What no reason makes good: a file that cannot run, and a waiver of waivers."""


def check_heads(folder: Folder) -> Iterator[Finding]:
    """Directives that say nothing."""
    for file in _files(folder):
        for line, fault in file.header.faults:
            yield Finding(file=file.name, line=line, rule=HEAD.id, message=fault)


def check_hidden(folder: Folder) -> Iterator[Finding]:
    """Squawk's own comments, which switch a rule off for ever and without a reason."""
    for file in _files(folder):
        for number, line in enumerate(file.text.splitlines(), 1):
            if _IGNORE.search(line):
                message = "switches squawk off without a reason and for ever"
                yield Finding(file=file.name, line=number, rule=HIDDEN.id, message=message)


def settle(
    folder: Folder, findings: Iterable[Finding], known: Iterable[str], today: date
) -> list[Finding]:
    """The findings that no waiver covers, and those that the waivers themselves are."""
    found, rules = list(findings), set(known)
    settled, covering = list[Finding](), dict[tuple[str, str], Waiver]()
    for file in _files(folder):
        for waiver in file.header.waivers:
            fault = _fault(file, waiver, found, rules, today)
            if fault:
                settled.append(fault)
            if waiver.until >= today and waiver.rule not in UNWAIVABLE:
                covering[file.name, waiver.rule] = waiver
    settled += [each for each in found if (each.file, each.rule) not in covering]
    return sorted(settled)


def _fault(
    file: SqlFile, waiver: Waiver, found: list[Finding], known: set[str], today: date
) -> Finding | None:
    def finding(rule: Rule, message: str) -> Finding:
        return Finding(file=file.name, line=waiver.line, rule=rule.id, message=message)

    if waiver.rule not in known or waiver.rule in UNWAIVABLE:
        return finding(HIDDEN, f"waives {waiver.rule}, which is no rule that can be waived")
    if not any((each.file, each.rule) == (file.name, waiver.rule) for each in found):
        return finding(UNUSED, f"waives {waiver.rule}, which nothing here breaks")
    if waiver.until < today:
        return finding(EXPIRED, f"the waiver of {waiver.rule} ended on {waiver.until}")
    return None


def _files(folder: Folder) -> Iterator[SqlFile]:
    return (file for migration in folder.migrations for file in migration.files)


_RENAME = "ALTER TABLE owners RENAME TO patients;", "ALTER TABLE patients RENAME TO owners;"
_SAFE = pair(
    *_RENAME,
    kind="contract",
    head="-- mpk:waive R-MIG-3 until 2099-12-31: no release has shipped the table yet\n",
)
EXPIRED = Rule(
    id="WAIVE-1",
    title="A waiver is over after its last day",
    why="What was right for an empty table is wrong for a full one. A waiver without an end stays "
    "when its reason has gone.",
    safe="Mend the file, or write a new day with a reason that holds.",
    bad_example=pair(
        *_RENAME,
        kind="contract",
        head="-- mpk:waive R-MIG-3 until 2025-01-31: no release has shipped the table yet\n",
    ),
    safe_example=_SAFE,
)
UNUSED = Rule(
    id="WAIVE-2",
    title="A waiver covers something",
    why="One that covers nothing hides the next mistake in the file.",
    safe="Remove it.",
    bad_example=pair(
        "CREATE TABLE visits (id bigint PRIMARY KEY);",
        "DROP TABLE visits;",
        head="-- mpk:waive R-MIG-3 until 2099-12-31: no release has shipped the table yet\n",
    ),
    safe_example=_SAFE,
)
HIDDEN = Rule(
    id="WAIVE-3",
    title="A rule is waived by its name, a reason and a day, and no other way",
    why="A comment of squawk's own switches its rule off for ever. A waiver of a rule that does "
    "not exist is a misspelling that covers nothing.",
    safe="-- mpk:waive RULE until YYYY-MM-DD: reason",
    bad_example=pair(
        "-- squawk-ignore prefer-text-field\nCREATE TABLE visits (id bigint PRIMARY KEY, v text);",
        "DROP TABLE visits;",
    ),
    safe_example=_SAFE,
    check=check_hidden,
)
HEAD = Rule(
    id="HEAD-1",
    title="Directives are written as they are read",
    why="A misspelt directive, or one below the first statement, has no effect, and the reader "
    "thinks that it has.",
    safe="At the head of the file: -- mpk:class, -- mpk:step, -- mpk:waive.",
    bad_example=pair(
        "CREATE TABLE visits (id bigint PRIMARY KEY);",
        "DROP TABLE visits;",
        head="-- mpk:klass expand\n",
    ),
    safe_example=pair("CREATE TABLE visits (id bigint PRIMARY KEY);", "DROP TABLE visits;"),
    check=check_heads,
)
