"""`mpk checklist VERSION` and `mpk evidence LINE VERSION`: what a release still needs (R-CHECK)."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.console import messages, print_json, results
from operations import stability
from operations.checklist import Line, read, ready, whole, write
from operations.checklist.evidence import EvidenceError
from operations.checklist.judging import LINES, Asked
from operations.forge import Forge
from rendering.commits import resolved
from settings import loader
from settings.loader import load, load_catalog
from settings.references import reads, releases

NOT_YET = 1
PRODUCTION = "production"
_FOLDER = Path("evidence")
Version = Annotated[str, typer.Argument(help="The version, as v1.2.3.")]
Folder = Annotated[Path, typer.Option("--evidence", help="The folder with the evidence.")]
Commit = Annotated[str, typer.Option(envvar="GITHUB_SHA", help="Its commit; the version's tag.")]


def checklist(
    version: Version,
    evidence: Folder = _FOLDER,
    commit: Commit = "",
    before_production: Annotated[
        bool, typer.Option("--before-production", help="Only what must hold before Production.")
    ] = False,
    stack: Annotated[
        str, typer.Option(help="With --before-production: the one that is released next.")
    ] = PRODUCTION,
    update: Annotated[
        bool, typer.Option("--update-changelog", help="Head the unreleased changes with it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge each line of the release checklist by evidence; exit code 1 while one is open."""
    changelog = loader.ROOT / "CHANGELOG.md"
    text = changelog.read_text()
    production = load(PRODUCTION)
    every = releases(production)
    if stack not in every:
        raise typer.BadParameter(f"{stack!r}; allowed: {', '.join(every)}", param_hint="--stack")
    below = reads(production)
    asked = Asked(
        version=version,
        commit=resolved(commit or version, loader.ROOT),
        images=[*sorted(load_catalog().services), "migrations"],
        clusters=below or every,
        above=[PRODUCTION] if below else [],
        opened=[stack] if before_production else every,
        changelog=text,
    )
    found = read(evidence)
    lines = ready(found, asked) if before_production else whole(found, asked)
    if update:
        lines = _updated(changelog, text, version, lines)
    _tell(version, lines, as_json=as_json)
    if not all(line.holds for line in lines):
        raise typer.Exit(NOT_YET)


def _updated(changelog: Path, text: str, version: str, lines: list[Line]) -> list[Line]:
    """Only a release of which everything else holds gets its heading."""
    if not all(line.holds for line in lines if line.name != "changelog"):
        return lines
    head = f"## [{version.removeprefix('v')}]"
    if head not in text:
        open_head = "## [Unreleased]\n"
        changelog.write_text(text.replace(open_head, f"{open_head}\n{head}\n", 1))
    noted = Line(name="changelog", title="CHANGELOG", missing="", evidence="CHANGELOG.md")
    return [noted if line.name == "changelog" else line for line in lines]


def _tell(version: str, lines: list[Line], *, as_json: bool) -> None:
    if as_json:
        told = [{"line": x.name, "title": x.title, "holds": x.holds, "missing": x.missing,
                 "evidence": x.evidence} for x in lines]  # fmt: skip
        print_json({"version": version, "ready": all(x.holds for x in lines), "lines": told})
        return
    for line in lines:
        sign = "[green]✓[/]" if line.holds else "[red]✗[/]"
        results.print(f"{sign} {line.title}: {escape(line.missing or line.evidence)}")
    missing = sum(not line.holds for line in lines)
    if missing:
        messages.print(f"{version}: {missing} of {len(lines)} lines are open")


def evidence(
    line: Annotated[str, typer.Argument(help=f"Which line: {', '.join(LINES)}.")],
    version: Version,
    folder: Folder = _FOLDER,
    commit: Commit = "",
    source: Annotated[
        Path | None, typer.Option("--from", help="A command's JSON, or a folder of it.")
    ] = None,
    given: Annotated[str, typer.Option(envvar="EVIDENCE", help="The JSON itself.")] = "",
    prometheus: Annotated[str, typer.Option(help="For `stable`: address of Prometheus.")] = "",
) -> None:
    """Keep what a command saw as evidence of a line, for this version and commit."""
    if line not in LINES:
        raise typer.BadParameter(f"{line!r}; allowed: {', '.join(LINES)}", param_hint="LINE")
    seen = _seen(line, source, given, prometheus)
    whose = resolved(commit or version, loader.ROOT)
    messages.print(f"{write(folder, line, version, whose, seen)} is written", markup=False)


def _seen(line: str, source: Path | None, given: str, prometheus: str) -> Any:
    if line == "approval":
        run = os.environ.get("GITHUB_RUN_ID", "")
        return {"by": Forge.of(os.environ).approvals(run), "run": run}
    if line == "stable" and prometheus:
        return stability.seen(prometheus)
    if source and source.is_dir():
        return [_parsed(path, "") for path in sorted(source.glob("*.json"))]
    return _parsed(source, given)


def _parsed(source: Path | None, given: str) -> Any:
    try:
        return json.loads(source.read_text() if source else given)
    except (OSError, ValueError) as error:
        where = str(source) if source else "--given"
        raise EvidenceError(f"{where} holds no JSON ({type(error).__name__})") from None
