"""What a region tells the stack above it, and what that stack refuses to stand on (R-P4-REG).

A region publishes one output, `region`; the stack above reads it by a typed StackReference. One
that is not there, that tells nothing, or that runs another version than the one above is refused by
its name, before anything is made: the provider of the stack above waits for every region's answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from components.contracts import Place
from settings.loader import Settings
from settings.markets import stack_of
from settings.problems import shown

OUTPUT = "region"


def publish(settings: Settings, here: Place) -> None:
    """Tell the stack above what it may know; a region stack never reads another region."""
    cloud = settings.stack.cloud
    if settings.stack.market is None or cloud is None or here.addresses is None:
        return
    told: dict[str, object] = {
        "market": settings.stack.market,
        "version": settings.release,
        "provider": cloud.provider,
        "place": cloud.region,
        "host": settings.host,
        "addresses": here.addresses.addresses,
        "references": here.addresses.references,
    }
    pulumi.export(OUTPUT, told)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionArgs:
    """Which region, and what must be true of it."""

    settings: Settings
    """Of the stack above."""
    market: str


class Region(pulumi.ComponentResource):
    """A region as the stack above sees it: sound, or refused."""

    host: pulumi.Output[str]
    """The public name of its API."""
    place: pulumi.Output[str]
    """The cloud's own name of where it is."""
    addresses: pulumi.Output[Sequence[str]]
    references: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: RegionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Read the region's stack, and judge what it tells."""
        super().__init__("manpasik:edge:Region", name, None, opts)
        stack = stack_of(args.settings, args.market)
        reference = pulumi.StackReference(
            f"{name}-stack",
            f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}",
            pulumi.ResourceOptions(parent=self),
        )
        sound = reference.outputs.apply(
            lambda outputs: _sound(args.settings, args.market, stack, outputs)
        )
        self.host = sound.apply(lambda told: str(told["host"]))
        self.place = sound.apply(lambda told: str(told["place"]))
        self.addresses = sound.apply(lambda told: _texts(told["addresses"]))
        self.references = sound.apply(lambda told: _texts(told["references"]))
        self.register_outputs({"host": self.host, "place": self.place})


def regions(settings: Settings) -> dict[str, Region]:
    """Every region of a stack that stands above some, by market."""
    return {
        market: Region(f"region-{market}", RegionArgs(settings=settings, market=market))
        for market in settings.stack.regions
    }


def agreed(found: Mapping[str, Region], value: str) -> pulumi.Output[str]:
    """The value, known only when every region has been found sound."""
    places = pulumi.Output.all(*(each.place for each in found.values()))
    return places.apply(lambda _: value)


def refusal(settings: Settings, market: str, stack: str, outputs: Mapping[str, Any]) -> str | None:
    """Why the stack above must not stand on a region; None where it may."""
    told = outputs.get(OUTPUT)
    if not isinstance(told, Mapping):
        return f"region {market}: stack {stack} is not up. Bring it up first: mpk up {stack}"
    cloud = settings.stack.cloud
    wanted = {
        "market": market,
        "provider": cloud.provider if cloud else None,
        "version": settings.release,
    }
    for key, expected in wanted.items():
        found = cast("Mapping[str, Any]", told).get(key)
        if found != expected:
            return (
                f"region {market}: stack {stack} says {key} {shown(found)}, and "
                f"{settings.stack_name} is for {shown(expected)}. "
                f"Bring the regions to it first: mpk up {stack}"
            )
    return None


def _sound(
    settings: Settings, market: str, stack: str, outputs: Mapping[str, Any]
) -> Mapping[str, Any]:
    refused = refusal(settings, market, stack, outputs)
    if refused:
        raise pulumi.RunError(refused)
    return cast("Mapping[str, Any]", outputs[OUTPUT])


def _texts(values: object) -> Sequence[str]:
    return [str(each) for each in cast("Sequence[object]", values)]
