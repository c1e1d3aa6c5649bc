"""The engine waits for a Rollout as its controller means it, and says why it failed (decision 4).

The provider awaits Deployments, Jobs and StatefulSets, and no custom resource (A-1): without this
an update ends while a canary is at 5 %. Owns the hook alone; how a Rollout is read, and how long it
may take, is told by whoever hands in `Waits`. A recording has no hooks: it waits for nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi.runtime import proto
from pulumi.runtime.settings import monitor_supports_feature

HOOK = "rollout-settled"
Tell = Callable[[str], None]
Waits = Callable[[str, str | None, str, str, Tell], None]
"""Waits for a Rollout: kubeconfig, context, namespace, name, whom to tell. Raises why it failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """The cluster that is asked, and who asks it."""

    kubeconfig: pulumi.Input[str] | None
    """A path or a whole kubeconfig, as the provider takes it."""
    context: str | None
    waits: Waits


def after_rollouts(watched: Watched) -> pulumi.ResourceHookBinding | None:
    """What follows each Rollout's making or change; None where the engine knows no hooks."""
    if not monitor_supports_feature(proto.resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS):
        return None
    # A cluster that is made in the same run is known by the time its Rollouts are.
    known: list[str] = []
    pulumi.Output.from_input(watched.kubeconfig or "").apply(known.append)
    hook = pulumi.ResourceHook(HOOK, callback(watched, known))
    return pulumi.ResourceHookBinding(after_create=[hook], after_update=[hook])


def callback(
    watched: Watched, known: list[str]
) -> Callable[[pulumi.ResourceHookArgs], "asyncio.Future[None]"]:
    """The hook itself, for a Rollout on the cluster whose kubeconfig is known by then."""

    def settled(args: pulumi.ResourceHookArgs) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        metadata = (args.new_inputs or {})["metadata"]

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(pulumi.log.info, text)

        # In a thread: the program's own loop answers the engine meanwhile.
        return loop.run_in_executor(
            None,
            watched.waits,
            known[0],
            watched.context,
            str(metadata["namespace"]),
            str(metadata["name"]),
            tell,
        )

    return settled
