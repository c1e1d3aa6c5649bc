"""`mpk rollback`: services back to the version before, or to one that is named."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from cli.console import messages, print_json, results
from cli.target import (
    ApprovedOption,
    JsonOption,
    KubeconfigOption,
    StackOption,
    cluster_of,
    refuse_unapproved,
)
from cli.watch import Watch
from operations import rollback as course
from operations import schema_gate, versions
from operations.rollback import Done, Wanted
from settings.loader import Settings, load

FAILED = 1


def rollback(  # noqa: PLR0913, PLR0917 - a command has its options
    services: Annotated[
        list[str] | None, typer.Argument(metavar="SERVICE", help="The services, or --all.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Whatever the last release changed; with --to, all.")
    ] = False,
    to: Annotated[str | None, typer.Option(help="The version; else the one before.")] = None,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    schema_compatible: Annotated[
        bool,
        typer.Option("--schema-compatible", help="You answer for it: the schema fits."),
    ] = False,
    approved_by: ApprovedOption = "",
    write: Annotated[
        bool, typer.Option("--write/--no-write", help="Keep the versions in the stack's file.")
    ] = True,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for everything.")] = 600,
    as_json: JsonOption = False,
) -> None:
    """Go back, whatever the strategy: rolling, canary or blue-green."""
    if bool(services) == every:
        raise typer.BadParameter("name the services, or say --all, and not both")
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    refuse_unapproved(settings, approved_by)
    cluster = cluster_of(settings, kubeconfig)
    wanted = Wanted(
        services=services or [],
        to=to,
        judge=None if schema_compatible else schema_gate.judge(cluster, settings),
        approved_by=approved_by,
        timeout_seconds=timeout,
    )
    with Watch(messages) as watch:
        done = course.course(cluster, settings, wanted, watch.report)
    if as_json:
        print_json(done.record.as_dict())
    else:
        _tell(done)
    if write and done.result.succeeded:
        keep(settings, done)
    if not done.result.succeeded:
        raise typer.Exit(FAILED)


def keep(settings: Settings, done: Done) -> None:
    """The stack's file follows, or the next deployment would bring the other version in again."""
    went = {way.workload.service: way.target.version for way in done.ways.ways}
    moved = {name: to for name, to in went.items() if settings.image_tag(name) != to}
    whole = set(moved.values()) if moved.keys() == settings.services.keys() else set[str]()
    choice = versions.chosen(settings, [], whole.pop()) if len(whole) == 1 else {
        ("services", name, "image_tag"): to for name, to in moved.items()
    }  # fmt: skip
    if path := versions.keep(settings, choice):
        messages.print(f"{path.name} names these versions now: commit it")


def _tell(done: Done) -> None:
    _tell_failures(done)
    for name, change in sorted(done.record.services.items()):
        seconds = "" if change.seconds is None else f" in {change.seconds:.1f} s"
        results.print(
            escape(f"{name}: {change.before} → {change.after}, {change.outcome}{seconds}")
        )
    for note in done.record.notes:
        messages.print(escape(note))
    if done.ways.already:
        results.print(f"left alone: {', '.join(done.ways.already)}")
    colour = "green" if done.result.succeeded else "red"
    results.print(f"[bold {colour}]{done.record.outcome}[/] in {done.result.seconds:.0f} s")


def _tell_failures(done: Done) -> None:
    failed: Sequence[course.Progress] = [p for p in done.result.objects if not p.state.good]
    for progress in failed:
        messages.print(f"[bold red]{progress.name}[/]: {escape(progress.state.message)}")
        for event in progress.events:
            messages.print(f"    {escape(event)}")
