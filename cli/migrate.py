"""`mpk migrate`: database changes that never break a running version (R-MIG-1 to R-MIG-6)."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli import migrate_database, migrate_new
from cli.console import print_json, results
from schema import classify
from schema.files import Folder
from schema.findings import Engine, Finding
from schema.initial import initial, read_sources
from schema.lint import folders, rule_of, stops
from schema.lint import lint as lint_folder
from schema.writing import place
from settings.loader import load_catalog
from settings.problems import Problem, SettingsError, did_you_mean

FOUND = 1
app = typer.Typer(no_args_is_help=True, help="Database changes under running versions.")
app.add_typer(migrate_new.app, name="new", help="Write files that follow the rules.")
migrate_database.add_to(app)


@app.command()
def lint(
    directory: Annotated[
        str, typer.Argument(help="A service's migrations, or a folder that holds several such.")
    ],
    engine: Annotated[
        Engine, typer.Option(help="The database that will run them.")
    ] = Engine.POSTGRES,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check migration files before they run: each finding with its reason and the safe way.

    Exit code 1 where a finding is more than advice. docs/migrations.md tells of every rule.
    """
    today = datetime.datetime.now(datetime.UTC).date()
    found = {each.path: each for each in folders(Path(directory), engine)}
    findings = {path: lint_folder(each, today) for path, each in found.items()}
    if as_json:
        print_json({path: _as_dict(found[path], findings[path]) for path in found})
    else:
        for path, folder in found.items():
            _tell(folder, findings[path])
    if any(stops(each) for each in findings.values()):
        raise typer.Exit(FOUND)


@app.command()
def adopt(
    service: Annotated[str, typer.Argument(help="A service of the catalogue, by its name.")],
    sql: Annotated[str, typer.Argument(help="The product's folder of *.sql files.")],
    output: Annotated[str, typer.Option("--output", "-o", help="The service's migrations.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a service's first migrations from the product's files, in the catalogue's order.

    On a database that has the tables they touch nothing, and say where its shape is another.
    """
    services = load_catalog().services
    if service not in services:
        remedy = did_you_mean(service, services)
        problem = Problem(
            file="mpk migrate adopt", key="SERVICE", value=service, message="is no service",
            remedy=remedy,
        )  # fmt: skip
        raise SettingsError([problem])
    sources = read_sources(Path(sql), services[service].schema_files)
    paths = place(Path(output), initial(sources))
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    for path in () if as_json else paths:
        results.print(str(path), markup=False)


def _as_dict(folder: Folder, findings: list[Finding]) -> dict[str, Any]:
    return {
        "engine": folder.engine,
        "migrations": [
            {
                "number": migration.number,
                "name": migration.name,
                "class": verdict.kind.word,
                "takes": list(verdict.takes),
            }
            for migration, verdict in classify(folder).items()
        ],
        "findings": [_finding(each) for each in findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = rule_of(finding)
    return {
        "file": finding.file,
        "line": finding.line,
        "rule": finding.rule,
        "level": "advice" if rule.advice else "error",
        "message": finding.message,
        "why": rule.why,
        "safe": rule.safe,
        "example": dict(rule.safe_example),
    }


def _tell(folder: Folder, findings: list[Finding]) -> None:
    count = len(folder.migrations)
    if not findings:
        results.print(f"[green]✓[/] {escape(folder.path)}: {count} migrations, nothing found")
        return
    results.print(f"[bold]{escape(folder.path)}[/]: {count} migrations, {len(findings)} findings")
    for rule_id in dict.fromkeys(each.rule for each in findings):
        _tell_rule([each for each in findings if each.rule == rule_id])


def _tell_rule(findings: list[Finding]) -> None:
    rule = rule_of(findings[0])
    colour, level = ("yellow", " (advice)") if rule.advice else ("red", "")
    results.print(f"\n[{colour}]{rule.id}[/]{level} {escape(rule.title)}")
    for each in findings:
        results.print(f"  {escape(each.file)}:{each.line}: {escape(each.message)}")
    results.print(f"  why   {escape(rule.why)}", f"  safe  {escape(rule.safe)}", sep="\n")
    results.print(escape(_indented(rule.safe_example)), style="dim")


def _indented(example: Mapping[str, str]) -> str:
    lines = [line for name, text in example.items() for line in (f"-- {name}", *text.splitlines())]
    return "\n".join(f"        {line}" for line in lines)
