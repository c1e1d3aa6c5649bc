"""`mpk release`: a version of the whole product, or of some services, onto a stack."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli import acting, embedded
from cli import engine as engines
from cli.console import messages, print_json, results
from cli.reports import told
from cli.target import (
    ApprovedOption,
    JsonOption,
    KubeconfigOption,
    StackOption,
    cluster_of,
    kubeconfig_of,
    refuse_unapproved,
)
from cli.watch import Watch
from operations import live, lock, monitored, preflight, schema_gate, versions
from operations.by_engine import DeployError
from operations.cluster import Cluster
from operations.monitored import Monitoring
from operations.preflight import Check
from operations.records import Record, as_markdown
from operations.refusal import RefusedError
from operations.registry import Registry
from operations.releasable import Plan
from operations.release import Release
from operations.release_above import release_above
from rendering.manifest import Manifest, manifests
from rendering.recorder import record
from settings import secrets
from settings.loader import Settings, load

FAILED = 1
_DURATION = re.compile(r"([0-9]+)(s|m)")


_Services = Annotated[list[str] | None, typer.Option("--service", help="Only this; repeat.")]
_Watched = Annotated[
    str, typer.Option(help="How long to watch afterwards: 30m, 90s, 0s; else as specified.")
]
_Write = Annotated[
    bool, typer.Option("--write/--no-write", help="Keep the version in the stack's file.")
]
_Undo = Annotated[bool, typer.Option("--undo/--no-undo", help="Go back by itself where it fails.")]
_Migrations = Annotated[
    Path | None, typer.Option(help="A folder with each service's migrations, for the gate.")
]
_Prometheus = Annotated[
    str, typer.Option(envvar=monitored.PROMETHEUS, help="Where to ask for error budgets.")
]
_Alertmanager = Annotated[
    str, typer.Option(envvar=monitored.ALERTMANAGER, help="Where to silence what it causes.")
]
_DespiteBudget = Annotated[
    str, typer.Option(help="Why it goes out though an error budget is spent; is recorded.")
]


def release(  # noqa: PLR0913, PLR0917 - a command has its options
    version: Annotated[str, typer.Argument(help="The version, as v1.2.3.")],
    stack: StackOption = "local",
    services: _Services = None,
    watch: _Watched = "",
    kubeconfig: KubeconfigOption = None,
    approved_by: ApprovedOption = "",
    write: _Write = True,
    undo: _Undo = True,
    migrations: _Migrations = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for everything.")] = 900,
    prometheus: _Prometheus = "",
    alertmanager: _Alertmanager = "",
    despite_budget: _DespiteBudget = "",
    as_json: JsonOption = False,
) -> None:
    """Migrate, roll out, watch, record; on trouble go back by itself."""
    now = load(stack)
    refuse_unapproved(now, approved_by)
    engine = _engine(now, kubeconfig, write=write)
    if engine and now.stack.regions:
        _end(release_above(now, version, engine, approved_by), as_json=as_json)
        return
    _refuse_gitops(now)
    choice = versions.chosen(now, services or [], version)
    wanted = versions.with_versions(now, choice)
    seconds, cluster = _seconds(watch, wanted), cluster_of(now, kubeconfig)
    applied = () if engine else _recorded(wanted)
    named = services or list(wanted.services)
    plan = _plan(cluster, wanted, version, named, migrations, applied)
    watched = _monitoring(plan, timeout + seconds, prometheus, alertmanager, despite_budget)
    plan = replace(
        plan,
        watch_seconds=seconds,
        approved_by=approved_by,
        timeout_seconds=timeout,
        undo=undo,
        by_engine=engine,
        checks=lambda: (*_checks(wanted, plan, kubeconfig), *watched.checks()),
    )
    # A terminal has room for one moving part, and the engine's course is one.
    with watched, Watch(messages, live=engine is None) as shown:
        done = Release(cluster, plan, shown.report).run(
            lambda: (watched.quiet(), _keep(now, choice) if write else None),
            lambda: _keep(now, versions.present(now, choice)) if write else None,
        )
    _end(done, as_json=as_json)


def _monitoring(
    plan: Plan, seconds: float, prometheus: str, alertmanager: str, despite_budget: str
) -> Monitoring:
    return Monitoring(
        settings=plan.settings,
        services=plan.services,
        minutes=seconds / 60,
        by=lock.me(),
        why=f"release of {plan.version}",
        prometheus=prometheus,
        alertmanager=alertmanager,
        despite_budget=despite_budget,
        tell=_warn,
    )


def _engine(
    settings: Settings, kubeconfig: Path | None, *, write: bool
) -> Callable[[], str] | None:
    """How the engine deploys what only it can: in a cloud, or with values that are encrypted.

    None where recorded manifests are applied.
    """
    if settings.stack.cloud is None and not engines.encrypted(settings):
        return None
    if not write:
        raise RefusedError(
            f"nothing was changed: {settings.stack_name} is deployed by the engine, which takes "
            "the version from the stack's file; leave --no-write out"
        )
    command = acting.needed_engine()

    def deploy() -> str:
        outcomes = acting.act(
            [settings.stack_name],
            acting.Asked(kubeconfig=None if settings.stack.cloud else kubeconfig),
            lambda work: work.engine.up(work.on_event),
            command=command,
            program=True,
        )
        (outcome,) = outcomes
        if outcome.result is None:
            raise DeployError(str(outcome.error))
        return f"by the engine {command.version}: {told(outcome.result.changes)}"

    return deploy


def _plan(
    cluster: Cluster,
    wanted: Settings,
    version: str,
    services: Sequence[str],
    migrations: Path | None,
    manifests: Sequence[Manifest],
) -> Plan:
    return Plan(
        settings=wanted,
        version=version,
        services=services,
        manifests=manifests,
        watch_seconds=0,
        force=wanted.stack.environment == "local",
        judge=schema_gate.judge(cluster, wanted),
        gate=lambda: schema_gate.before_release(cluster, wanted, version, services, migrations),
        environment=os.environ,
    )


def _recorded(wanted: Settings) -> Sequence[Manifest]:
    """What is applied where the engine is not needed."""
    return manifests(record(wanted, secrets={}, seed=secrets.stack_seed(wanted)))


def _checks(wanted: Settings, plan: Plan, kubeconfig: Path | None) -> Sequence[Check]:
    """A recorded plan would compare stand-ins with what the engine made."""
    path, services = kubeconfig_of(wanted, kubeconfig), plan.services
    # The embedded cluster pulls no image.
    pulls = kubeconfig is not None or not embedded.is_target(wanted)
    return (
        *([preflight.images(wanted, services, Registry())] if pulls else []),
        *([] if plan.by_engine else [preflight.planned(live.live(wanted, path), services)]),
        preflight.capacity(wanted, services),
    )


def _warn(text: str) -> None:
    messages.print(f"[yellow]warning[/] {escape(text)}")


def _keep(settings: Settings, choice: versions.Choice) -> None:
    if path := versions.keep(settings, choice):
        messages.print(f"{path.name} names the version now: commit it")


def _seconds(text: str, settings: Settings) -> float:
    if not text:
        local = settings.stack.environment in ("local", "dev")
        return 0 if local else settings.delivery.watch_seconds
    match = _DURATION.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write it like 30m or 90s")
    return int(match[1]) * (60 if match[2] == "m" else 1)


def _refuse_gitops(settings: Settings) -> None:
    if settings.delivery.gitops:
        raise RefusedError(
            f"nothing was changed: Argo CD applies {settings.stack_name} from git, so a release is "
            f"a commit: set images.tag in Pulumi.{settings.stack_name}.yaml, run "
            "`mpk render --kustomize`, commit both, follow with `mpk status --watch`"
        )


def _end(done: Record, *, as_json: bool) -> None:
    if as_json:
        print_json(done.as_dict())
    else:
        results.print(escape(as_markdown(done)))
    if done.outcome not in ("succeeded", "waiting"):
        raise typer.Exit(FAILED)
