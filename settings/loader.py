"""One loader for everything: the catalogue's files and a stack's, checked together.

`load` raises one `SettingsError` with every problem it found, or returns settings that hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from settings import placement, release_rules, residency_rules, stack_file, stack_rules
from settings.catalog import Catalog, Service, Store, StoreName
from settings.catalog_files import parse, read_catalog
from settings.catalog_rules import GATEWAY
from settings.environments import Environment, NodePool, WorkloadSize
from settings.network import Layout
from settings.problems import Problem, SettingsError
from settings.regions import Region
from settings.stack import Stack
from settings.stack_file import SECRETS_KEY, STACK_KEY
from settings.strategy import Delivery, Strategy

__all__ = [
    "ROOT",
    "SECRETS_KEY",
    "STACK_KEY",
    "Settings",
    "load",
    "load_all",
    "load_catalog",
    "pull_policy",
    "secret_names",
    "stack_names",
]

ROOT = Path(__file__).resolve().parent.parent
"""The project; read at each call."""
MOVING_TAGS = frozenset({"latest", "staging"})
"""Tags that name another image tomorrow (R-IMG-1)."""
_SIZED = {"replicas", "max_replicas", "cpu", "memory"}


@dataclass(frozen=True)
class Settings:
    """A sound catalogue and a sound stack, with what follows from the two."""

    stack_name: str
    stack: Stack
    catalog: Catalog

    @property
    def environment(self) -> Environment:
        """The stack's row of the environments."""
        return self.catalog.environments[self.stack.environment]

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services that this stack deploys, by name; calls to absent ones are left out."""
        absent = stack_rules.left_out(self.catalog, self.stack)
        chosen = {n: service for n, service in self.catalog.services.items() if n not in absent}
        return {
            name: service.model_copy(
                update={"calls": tuple(callee for callee in service.calls if callee in chosen)}
            )
            for name, service in chosen.items()
        }

    @cached_property
    def stores(self) -> dict[StoreName, Store]:
        """The stores that some deployed service uses; the others are not deployed (DATA-02)."""
        used = {store for service in self.services.values() for store in service.stores}
        return {name: store for name, store in self.catalog.stores.items() if name in used}

    @property
    def release(self) -> str:
        """The tag of all that has none of its own: the stack's, or the environment's (R-IMG-1)."""
        return self.stack.images.tag or self.environment.image_tag or ""

    @property
    def nodes(self) -> NodePool:
        """The service nodes of the stack's phase (R-NODE)."""
        return self.environment.nodes_in(self.stack.phase)

    @property
    def host(self) -> str | None:
        """The public name of the API, or None where nothing leads in."""
        return self.stack.host or self.environment.host

    @cached_property
    def region(self) -> Region | None:
        """The region that the stack's cloud is in; None without a cloud."""
        return placement.region(self.catalog, self.stack)

    @cached_property
    def network(self) -> Layout | None:
        """The addresses of the stack's network; None without a cloud."""
        return placement.addresses(self.catalog, self.stack, self.stack_name)

    @cached_property
    def delivery(self) -> Delivery:
        """How versions go out: what the phase implies, where the stack says nothing else."""
        return release_rules.delivery(self.stack)

    def strategy(self, service: str) -> Strategy:
        """How this service's versions go out: rolling, where nobody asks it anything."""
        asked = service == GATEWAY or bool(self.callers(service))
        return self.delivery.strategy if asked else "rolling"

    def callers(self, service: str) -> list[str]:
        """The services that dial this one (TRAF-02)."""
        return [name for name, other in self.services.items() if service in other.calls]

    def image_tag(self, service: str) -> str:
        """The tag of a service's image: its own, or the release's."""
        override = self.stack.services.get(service)
        return (override and override.image_tag) or self.release

    def pull_policy(self, service: str) -> Literal["Always", "IfNotPresent"]:
        """How a service's image is pulled."""
        return pull_policy(self.image_tag(service))

    def image(self, service: str) -> str:
        """The whole image reference of a service (R-P2-SEC)."""
        return f"{self.stack.images.registry}/{service}:{self.image_tag(service)}"

    def size(self, service: str) -> WorkloadSize:
        """Replicas and resources: the environment's, with what the stack sets for this service."""
        override = self.stack.services.get(service)
        own = override.model_dump(include=_SIZED) if override else {}
        changes = {key: value for key, value in own.items() if value is not None}
        return self.environment.workload.model_copy(update=changes)


def pull_policy(tag: str) -> Literal["Always", "IfNotPresent"]:
    """A tag that moves must be looked up at each start; a release never changes (R-IMG-1)."""
    return "Always" if tag in MOVING_TAGS else "IfNotPresent"


def load(stack_name: str, given: object = None, root: Path | None = None) -> Settings:
    """The settings of a stack: from `given`, as the engine has parsed it, else from its file."""
    settings, abroad = _judged(stack_name, given, root or ROOT)
    if not abroad:
        return settings
    raise SettingsError(abroad)


def _judged(stack_name: str, given: object, root: Path) -> tuple[Settings, list[Problem]]:
    """Sound settings, and what of them would move people's data abroad."""
    problems: list[Problem] = []
    file = f"Pulumi.{stack_name}.yaml"
    value = given if given is not None else stack_file.stack_value(stack_name, root, problems)
    problems += stack_file.name_problems(stack_name) if not problems else []
    stack = parse(Stack, value, file, problems, STACK_KEY) if value is not None else None
    catalog, broken = read_catalog(root, problems)
    if catalog is not None and stack is not None:
        problems += stack_rules.problems(catalog, stack, file, broken)
    if problems or catalog is None or stack is None:
        raise SettingsError(problems)
    settings = Settings(stack_name=stack_name, stack=stack, catalog=catalog)
    held = stack_file.secret_names(stack_name, root)
    return settings, residency_rules.problems(settings, frozenset(held))


def load_all(stack_names: Iterable[str], root: Path | None = None) -> dict[str, Settings]:
    """The settings of several stacks; the problems of all of them together, each once."""
    loaded: dict[str, Settings] = {}
    problems: dict[Problem, None] = {}
    for name in stack_names:
        try:
            loaded[name], abroad = _judged(name, None, root or ROOT)
            problems |= dict.fromkeys(abroad)
        except SettingsError as error:
            problems |= dict.fromkeys(error.problems)
    problems |= dict.fromkeys(residency_rules.shared(loaded.values()))
    if problems:
        raise SettingsError(problems)
    return loaded


def load_catalog(root: Path | None = None) -> Catalog:
    """The catalogue alone."""
    problems: list[Problem] = []
    catalog, _ = read_catalog(root or ROOT, problems)
    if catalog is None or problems:
        raise SettingsError(problems)
    return catalog


def stack_names(root: Path | None = None) -> list[str]:
    """The stacks that have a file."""
    return stack_file.names(root or ROOT)


def secret_names(stack_name: str, root: Path | None = None) -> list[str]:
    """The names under `manpasik:secrets` in a stack's file; their values stay encrypted."""
    return stack_file.secret_names(stack_name, root or ROOT)
