"""Squawk, the real program, run over a folder's files; its findings in our words.

Squawk sees one file at a time. Where a judgement needs the files before (is the table new, was the
CHECK validated, is this the third release) one of our rules knows more and takes its place, named
in `REPLACED`. The rest are reported as `squawk:<rule>`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schema.files import Folder
from schema.findings import Engine, Finding
from schema.limits import SQUAWK_POSTGRES, SQUAWK_SECONDS
from settings.problems import Problem, SettingsError

PREFIX = "squawk:"
REPLACED = {
    "adding-field-with-default": "R-MIG-1",
    "adding-required-field": "R-MIG-1",
    "ban-drop-column": "R-MIG-2",
    "ban-drop-not-null": "R-MIG-2",
    "ban-drop-table": "R-MIG-3",
    "renaming-column": "R-MIG-3",
    "renaming-table": "R-MIG-3",
    "require-concurrent-index-creation": "R-MIG-4",
    "require-concurrent-index-deletion": "R-MIG-4",
    "require-concurrent-reindex": "R-MIG-4",
    "adding-serial-primary-key-field": "R-MIG-4",
    "disallowed-unique-constraint": "R-MIG-4",
    "ban-concurrent-index-creation-in-transaction": "M-1",
    "prefer-robust-stmts": "M-1",
    "transaction-nesting": "M-1",
    "ban-uncommitted-transaction": "M-1",
    "ban-drop-database": "M-2",
    "ban-truncate-cascade": "R-MIG-5",
    "adding-foreign-key-constraint": "CONS-1",
    "constraint-missing-not-valid": "CONS-1",
    "adding-not-nullable-field": "NULL-1",
    "changing-column-type": "TYPE-1",
    "require-lock-timeout": "LOCK-1",
    "require-statement-timeout": "LOCK-2",
    "prefer-repack": "LOCK-6",
    "unused-ignore": "WAIVE-3",
    "renaming-object": "R-MIG-3",
    # What may break the clients that run is a class here, not a mistake: the release gate lets a
    # contract run when no such client is left.
    **dict.fromkeys(
        ("ban-add-column", "ban-add-composite-attribute", "ban-add-enum-value",
         "ban-alter-database-options", "ban-alter-extension", "ban-alter-function-options",
         "ban-alter-generated-expression", "ban-alter-identity", "ban-alter-policy-condition",
         "ban-alter-policy-roles", "ban-alter-role-options", "ban-alter-row-level-security",
         "ban-alter-sequence-values", "ban-alter-system-options", "ban-alter-view-options",
         "ban-create-policy", "ban-detach-inheritance", "ban-disable-trigger",
         "ban-drop-constraint", "ban-drop-default", "ban-drop-domain", "ban-drop-extension",
         "ban-drop-function", "ban-drop-generated-expression", "ban-drop-index",
         "ban-drop-policy", "ban-drop-schema", "ban-drop-sequence", "ban-drop-trigger",
         "ban-drop-type", "ban-drop-view", "ban-new-write-restriction",
         "ban-replace-view-function", "ban-replica-identity", "ban-revoke", "ban-set-default",
         "ban-set-schema"),
        "R-MIG-6",
    ),
}  # fmt: skip
"""Rules of squawk that one of ours replaces, since it also knows the files before."""
_NO_SQL = "syntax-error"
_UNNAMED = {"unused-ignore"}
"""Rules that squawk reports, but does not let itself be told to leave out."""


def findings(folder: Folder) -> list[Finding]:
    """What squawk finds; nothing for CockroachDB, which it does not know."""
    texts = {f.name: f.text for m in folder.migrations for f in m.files if not f.broken}
    if folder.engine is Engine.COCKROACHDB or not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="mpk-squawk-") as place:
        for name, text in texts.items():
            (Path(place) / name).write_text(text, encoding="utf-8")
        return sorted(_read(_run(Path(place), sorted(texts))))


def _run(place: Path, names: list[str]) -> str:
    config = place / "squawk.toml"
    config.touch()  # a person's own squawk.toml further up must not count
    command = [str(_program()), "--reporter", "json", "--config", str(config)]
    command += ["--pg-version", SQUAWK_POSTGRES, "--assume-in-transaction"]
    command += [f"--exclude={','.join(sorted(REPLACED.keys() - _UNNAMED))}", *names]
    done = subprocess.run(  # noqa: S603 - the program of our lock file, over our own folder
        command, cwd=place, capture_output=True, text=True, check=False, timeout=SQUAWK_SECONDS
    )
    if not done.stdout.strip().startswith("["):
        raise _unusable(f"squawk ends with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _program() -> Path:
    """Beside the running Python, or on PATH."""
    beside = Path(sys.executable).parent / "squawk"
    found = str(beside) if beside.exists() else shutil.which("squawk")
    if found is None:
        raise _unusable("the program squawk is missing")
    return Path(found)


def _unusable(message: str) -> SettingsError:
    remedy = "run: make setup"
    return SettingsError([Problem(file="squawk", key="", value="", message=message, remedy=remedy)])


def _read(output: str) -> Iterator[Finding]:
    found: list[dict[str, Any]] = json.loads(output)
    for each in found:
        if each["rule_name"] in {_NO_SQL, *_UNNAMED}:
            continue  # the server's own grammar has read the file; WAIVE-3 tells of the other
        message = str(each["message"]).rstrip(".")
        help_ = f" ({str(each['help']).rstrip('.')})" if each["help"] else ""
        yield Finding(
            file=Path(each["file"]).name,
            line=int(each["line"]) + 1,
            rule=PREFIX + each["rule_name"],
            message=message + help_,
        )
