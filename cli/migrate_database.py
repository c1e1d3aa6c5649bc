"""`mpk migrate plan | status | up | down 1 | doctor | repair` on a database (R-MIG-6, M-2, M-3)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.console import messages, print_json, results
from cli.migrate_backfill import backfill
from cli.migrate_cluster import ThroughCluster
from cli.migrate_target import (
    ClusterStackOption,
    DatabaseOption,
    FilesOption,
    NobodyOption,
    ServiceArgument,
    chosen,
)
from cli.target import JsonOption, KubeconfigOption
from operations.migrations import permission, running, state
from operations.migrations.examination import CHECKS, Examination, Finding
from operations.migrations.state import State
from schema.files import Migration
from schema.gate import ReleaseDecision
from schema.situation import Change
from settings.problems import Problem, SettingsError

UNFIT = 1
_COLOURS = {"repair": "yellow", "blocks": "red", "waits": "yellow", "warns": "yellow"}


def add_to(app: typer.Typer) -> None:
    """The commands, in the order in which they are needed."""
    for command in (status, plan, up, down, doctor, repair, backfill):
        app.command()(command)


def status(
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the schema's version, whether it is dirty, its witness, and what is pending."""
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).status(as_json=as_json)
        return
    with chosen(service, database, files=files) as choice:
        with choice.target.connect() as connection:
            found = state.look(connection, choice.target)
        waiting = state.pending(choice.target.folder(), found) if files else None
    told = {"service": service, "database": choice.target.address.shown, **found.as_dict()}
    told["pending"] = None if waiting is None else [_name(each) for each in waiting]
    if as_json:
        print_json(told)
        return
    results.print(escape(f"{service}: {_version(found)}, witness: {found.witness or 'none'}"))
    if waiting is None:
        messages.print("what is pending is not known: name the files with --files")
    for each in waiting or ():
        results.print(f"  pending {_name(each)}", markup=False)


def plan(
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    nobody_runs: NobodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show which files would run, the class of each, and what the gate says; 1 where it says no."""
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).plan(as_json=as_json)
        return
    with chosen(service, database, files=files, stack=stack, kubeconfig=kubeconfig,
                nobody=nobody_runs) as choice:  # fmt: skip
        found = choice.examined()
        now = choice.situation(found)
        decision = choice.gate(now)
    pending = [each for each in now.changes if each.number > found.state.applied]
    if as_json:
        gate = {"action": decision.action, "reasons": list(decision.reasons)}
        changes = [_change(each) for each in pending]
        told = {"service": service, **found.state.as_dict(), "pending": changes, "gate": gate}
        print_json(told)
    else:
        _tell_plan(service, found.state, pending, decision)
    if decision.action != "go":
        raise typer.Exit(UNFIT)


def up(
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    nobody_runs: NobodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run what is pending by the real golang-migrate, where doctor and gate let it."""
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).run(
            "up", as_json=as_json, nobody=nobody_runs
        )
        return
    with chosen(service, database, files=files, stack=stack, kubeconfig=kubeconfig,
                nobody=nobody_runs) as choice:  # fmt: skip
        found = choice.examined()
        running.refuse_unready(found, choice.target)
        now = choice.situation(found)
        permission.refuse(service, choice.gate(now))
        if not state.pending(choice.target.folder(), found.state):
            _done(service, found.state, found.state, as_json=as_json)
            return
        after = running.up(choice.target, _said)
        permission.note(choice.target, choice.readers, after, now.changes)
    _done(service, found.state, after, as_json=as_json)


def down(
    count: Annotated[str, typer.Argument(help="1: one step, never more.")],
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    nobody_runs: NobodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Undo the newest migration where its way back restores and nobody needs what it brought."""
    if count != "1":
        problem = Problem(file="mpk migrate down", key="COUNT", value=count,
                          message="is not allowed", remedy="allowed: 1 (R-MIG-6)")  # fmt: skip
        raise SettingsError([problem])
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).run(
            "down", as_json=as_json, nobody=nobody_runs
        )
        return
    with chosen(service, database, files=files, stack=stack, kubeconfig=kubeconfig,
                nobody=nobody_runs) as choice:  # fmt: skip
        found = choice.examined()
        running.refuse_unready(found, choice.target)
        now = choice.situation(found)
        permission.refuse(service, permission.to_undo(now))
        after = running.down_one(choice.target, _said)
        permission.note(choice.target, choice.readers, after, now.changes)
    _done(service, found.state, after, as_json=as_json)


def doctor(
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for what stands in a migration's way, each with the exact safe command; 1 if any."""
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).run("doctor", as_json=as_json)
        return
    with chosen(service, database, files=files, stack=stack) as choice:
        found = choice.examined()
    if as_json:
        print_json(_examined(service, found))
    else:
        _tell_examination(service, found)
    if found.of("repair", "blocks", "waits"):
        raise typer.Exit(UNFIT)


def repair(
    service: ServiceArgument,
    database: DatabaseOption = None,
    files: FilesOption = None,
    version: Annotated[
        int | None, typer.Option(help="The version that a person has compared.")
    ] = None,
    stack: ClusterStackOption = None,
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mend a dirty version where the database proves what is in, or where you have compared."""
    if database is None and stack:
        ThroughCluster(service, stack, kubeconfig, files).run(
            "repair", as_json=as_json, accept=version
        )
        return
    with chosen(service, database, files=files, stack=stack) as choice:
        before = choice.examined().state
        after = running.repair(choice.target, version)
    _done(service, before, after, as_json=as_json)


def _said(line: str) -> None:
    messages.print(line, markup=False)


def _name(migration: Migration) -> str:
    return f"{migration.number:06}_{migration.name}"


def _version(found: State) -> str:
    version = "nothing migrated yet" if found.version is None else f"version {found.version}"
    return version + ", DIRTY" * found.dirty


def _change(change: Change) -> dict[str, Any]:
    step = change.step
    return {
        "number": change.number,
        "name": change.name,
        "class": change.kind.word,
        "takes": list(change.takes),
        "step": f"{step.change} {step.target} {step.number}/{step.of}" if step else None,
        "restores": change.has_down,
    }


def _tell_plan(
    service: str, now: State, pending: Sequence[Change], decision: ReleaseDecision
) -> None:
    results.print(escape(f"{service}: {_version(now)}, {len(pending)} to run"))
    for each in pending:
        back = "down 1 restores it" if each.has_down else "no way back restores it"
        results.print(f"  {each.what}; {back}", markup=False)
    colour = {"go": "green", "wait": "yellow", "refuse": "red"}[decision.action]
    results.print(f"gate: [{colour}]{decision.action}[/]")
    for reason in decision.reasons:
        results.print(f"  {reason}", markup=False)


def _examined(service: str, found: Examination) -> Mapping[str, Any]:
    return {
        "service": service,
        **found.state.as_dict(),
        "findings": [each.as_dict() for each in found.findings],
        "asked": [each for each in CHECKS if each not in found.unasked],
        "unasked": list(found.unasked),
    }


def _tell_examination(service: str, found: Examination) -> None:
    results.print(escape(f"{service}: {_version(found.state)}"))
    for each in found.findings:
        _tell_finding(each)
    if not found.findings:
        results.print("[green]✓[/] nothing stands in the way of a migration")
    if found.unasked:
        messages.print(f"not asked, for want of rights: {', '.join(found.unasked)}")


def _tell_finding(found: Finding) -> None:
    results.print(
        f"[{_COLOURS[found.verdict]}]{found.verdict}[/] {found.check}: {escape(found.what)}"
    )
    results.print(f"    {found.command}", markup=False)


def _done(service: str, before: State, after: State, *, as_json: bool) -> None:
    if as_json:
        told = {"service": service, "before": before.as_dict(), "after": after.as_dict()}
        print_json(told)
    elif before == after:
        results.print(f"{service}: {_version(after)}, nothing to do", markup=False)
    else:
        results.print(f"{service}: {_version(before)} → {_version(after)}", markup=False)
