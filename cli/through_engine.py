"""`mpk up` through the engine: update in order, then look at the clusters themselves.

The engine forgets what it waited for when it is killed, and of a failure it tells the API server's
words; which service, why, and its last events is asked of the cluster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation

from cli import acting, progress
from cli.console import messages, print_json, results
from cli.failures import EngineError, UpdateFailedError
from cli.fleet import Outcome, succeeded
from cli.plans import plan_of
from cli.reports import as_dict, end, told, warn_of_unknown
from cli.stacks import EngineResult
from cli.watch import Watch
from operations.cluster import Cluster
from operations.wait import NOT_THERE, Progress, until_ready
from rendering.manifest import Manifest, manifests
from rendering.recorder import record
from settings.loader import Settings

WAIT_SECONDS = 300
LOOK_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class How:
    """How an update is to be made."""

    plan: Path | None = None
    """Folder of the plans that the updates are held to."""
    adopt: bool = False
    """Take over objects that something else made."""


@dataclass(kw_only=True)
class Looked:
    """What a cluster says after the engine's update."""

    kubeconfig: str | None
    objects: Sequence[Progress] = field(default=())

    @property
    def unready(self) -> list[Progress]:
        """What does not run as the program says."""
        return [each for each in self.objects if not each.state.good]


class NotReadyError(UpdateFailedError):
    """The update left workloads that do not run."""


def up(
    loaded: Mapping[str, Settings],
    command: automation.PulumiCommand,
    asked: acting.Asked,
    how: How,
    *,
    as_json: bool,
) -> None:
    """Update the stacks, and end with what runs or with what does not and why."""
    plans = {name: plan_of(how.plan, name) for name in loaded} if how.plan else {}
    # Here, since the SDK runs a program on the main thread only; a mistake in it is found first.
    wanted = {name: manifests(record(each)) for name, each in loaded.items() if _has(each, asked)}
    looked: dict[str, Looked] = {}
    for name in loaded:
        messages.print(
            f"Deploying stack {name} through the Pulumi engine {command.version}, "
            "state on this machine."
        )

    def one(work: acting.Work) -> EngineResult:
        name = work.settings.stack_name
        looked[name] = Looked(kubeconfig=work.kubeconfig)
        try:
            result = work.engine.up(work.on_event, plan=plans.get(name))
        except UpdateFailedError as error:
            _look(work, looked[name], wanted.get(name), LOOK_SECONDS, many=len(loaded) > 1)
            raise _because(looked[name], error) from error
        _look(work, looked[name], wanted.get(name), WAIT_SECONDS, many=len(loaded) > 1)
        if looked[name].unready:
            raise _because(looked[name], None)
        return result

    outcomes = acting.act(list(loaded), asked, one, adopt=how.adopt, command=command, program=True)
    _tell(loaded, outcomes, looked, str(command.version), as_json=as_json)


def _has(settings: Settings, asked: acting.Asked) -> bool:
    """Whether the stack's cluster can be looked at from here."""
    return settings.stack.cloud is None or asked.kubeconfig is not None


def _look(
    work: acting.Work,
    looked: Looked,
    wanted: Sequence[Manifest] | None,
    seconds: float,
    *,
    many: bool,
) -> None:
    if wanted is None or work.kubeconfig is None:
        return
    cluster = Cluster(work.kubeconfig, work.settings.stack.cluster.context)
    with Watch(messages, live=not many) as watch:
        looked.objects = until_ready(cluster, wanted, watch.report, seconds)


def _because(looked: Looked, error: EngineError | None) -> EngineError:
    """The workloads' own reasons where some do not run; else what the engine said."""
    there = [each for each in looked.unready if each.state.message != NOT_THERE]
    if error is not None and not there:
        return error
    lines = [
        f"{len(looked.unready)} of {len(looked.objects)} workloads; mend the cause and run the "
        "same command again"
    ]
    for each in there:
        lines.append(f"{each.kind} {each.name}: {each.state.message}")
        lines += [f"    {event}" for event in each.events]
    return NotReadyError("\n  ".join(lines))


def _tell(
    loaded: Mapping[str, Settings],
    outcomes: Sequence[Outcome[EngineResult]],
    looked: Mapping[str, Looked],
    version: str,
    *,
    as_json: bool,
) -> None:
    documents = [_document(each, looked.get(each.stack), version) for each in outcomes]
    if as_json:
        one = {"succeeded": succeeded(outcomes), "stacks": documents}
        print_json(documents[0] if len(documents) == 1 else one)
    for each in outcomes:
        if each.result is not None and not as_json:
            _tell_done(loaded[each.stack], each.result, looked[each.stack])
    warn_of_unknown(outcomes)
    end(outcomes)


def _tell_done(settings: Settings, result: EngineResult, looked: Looked) -> None:
    if looked.objects:
        results.print(progress.workloads(settings, looked.objects))
    changed = told(result.changes) if result.changed else "no change"
    results.print(f"[bold green]done[/] {settings.stack_name}: {changed}")
    if looked.kubeconfig:
        progress.tell_next(looked.kubeconfig)


def _document(
    outcome: Outcome[EngineResult], looked: Looked | None, version: str
) -> dict[str, Any]:
    unready = looked.unready if looked else []
    return {
        **as_dict(outcome),
        "engine": version,
        "succeeded": outcome.state == "done",
        "failures": [progress.as_dict(each) for each in unready],
    }
