"""One loader for everything: the catalogue's files and a stack's, checked together.

`load` raises one `SettingsError` with every problem it found, or returns settings that hold.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from settings import rules
from settings.catalog import Catalog, Environment, Service, Store, StoreName, Variable, WorkloadSize
from settings.files import mapping_or_empty, read_mapping
from settings.problems import Problem, SettingsError, did_you_mean, from_validation, shown
from settings.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
STACK_KEY = "manpasik:stack"
SECRETS_KEY = "manpasik:secrets"
_Parsed = TypeVar("_Parsed", bound=BaseModel)


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
        absent = rules.left_out(self.catalog, self.stack)
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

    def image_tag(self, service: str) -> str:
        """The tag of a service's image: its own, or the stack's."""
        override = self.stack.services.get(service)
        return (override and override.image_tag) or self.stack.images.tag

    def image(self, service: str) -> str:
        """The whole image reference of a service (R-P2-SEC)."""
        return f"{self.stack.images.registry}/{service}:{self.image_tag(service)}"

    def size(self, service: str) -> WorkloadSize:
        """Replicas and resources: the environment's, with what the stack sets for this service."""
        override = self.stack.services.get(service)
        own = override.model_dump(include={"replicas", "cpu", "memory"}) if override else {}
        changes = {key: value for key, value in own.items() if value is not None}
        return self.environment.workload.model_copy(update=changes)


def load(stack_name: str, given: object = None, root: Path = ROOT) -> Settings:
    """The settings of a stack.

    `given` is the value of `manpasik:stack` where the engine has parsed it already; otherwise it is
    read from `Pulumi.<stack>.yaml`.
    """
    problems: list[Problem] = []
    file = f"Pulumi.{stack_name}.yaml"
    value = given if given is not None else _stack_value(stack_name, root, problems)
    stack = _parse(Stack, value, file, problems, STACK_KEY) if value is not None else None
    catalog = _catalog(root, problems)
    if catalog is not None and stack is not None:
        problems += rules.stack_problems(catalog, stack, file)
    if problems or catalog is None or stack is None:
        raise SettingsError(problems)
    return Settings(stack_name=stack_name, stack=stack, catalog=catalog)


def load_catalog(root: Path = ROOT) -> Catalog:
    """The catalogue alone."""
    problems: list[Problem] = []
    catalog = _catalog(root, problems)
    if catalog is None or problems:
        raise SettingsError(problems)
    return catalog


def stack_names(root: Path = ROOT) -> list[str]:
    """The stacks that have a file."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


def secret_names(stack_name: str, root: Path = ROOT) -> list[str]:
    """The names under `manpasik:secrets` in a stack's file; their values stay encrypted."""
    config = _mapping(mapping_or_empty(root / f"Pulumi.{stack_name}.yaml").get("config"))
    return sorted(_mapping(config.get(SECRETS_KEY)))


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _stack_value(stack_name: str, root: Path, problems: list[Problem]) -> object:
    file = f"Pulumi.{stack_name}.yaml"
    if stack_name not in stack_names(root):
        problems.append(
            Problem(
                file=file,
                key="",
                value="",
                message=f"there is no stack {stack_name!r}",
                remedy=did_you_mean(stack_name, stack_names(root)),
            )
        )
        return None
    content = read_mapping(root / file, file, problems)
    if content is None:
        return None
    config: object = content.get("config")
    value: object = _mapping(config).get(STACK_KEY)
    if value is None:
        problems.append(
            Problem(
                file=file,
                key=f"config.{STACK_KEY}",
                value="" if config is None else shown(_mapping(config)),
                message="is missing",
                remedy=f"write config: and under it {STACK_KEY}: with environment: …",
            )
        )
    return value


def _parse(
    model: type[_Parsed], value: object, file: str, problems: list[Problem], prefix: str = ""
) -> _Parsed | None:
    try:
        # Strict JSON mode: lists become tuples, yet "1" never becomes 1.
        return model.model_validate_json(json.dumps(value, allow_nan=False))
    except ValidationError as error:
        problems += from_validation(error, file, model, prefix)
    except (TypeError, ValueError) as error:
        problems.append(
            Problem(
                file=file, key=prefix, value=shown(value), message=f"is not plain data ({error})"
            )
        )
    return None


def _catalog(root: Path, problems: list[Problem]) -> Catalog | None:
    before = len(problems)
    services = {service.name: service for service in _services(root, problems)}
    parts: dict[str, dict[str, BaseModel]] = {"services": dict(services)}
    for part, model in (("variables", Variable), ("stores", Store), ("environments", Environment)):
        parts[part] = dict(_entries(root, f"catalog/{part}.yaml", model, problems))
    if len(problems) > before:
        return None
    try:
        catalog = Catalog.model_validate(parts)
    except ValidationError as error:
        problems += from_validation(error, "catalog/", Catalog)
        return None
    problems += rules.catalog_problems(catalog)
    return catalog


def _entries(
    root: Path, file: str, model: type[_Parsed], problems: list[Problem]
) -> Iterator[tuple[str, _Parsed]]:
    for name, value in (read_mapping(root / file, file, problems) or {}).items():
        entry = _parse(model, value, file, problems, str(name))
        if entry is not None:
            yield str(name), entry


def _services(root: Path, problems: list[Problem]) -> Iterator[Service]:
    folder = root / "catalog" / "services"
    for path in sorted(folder.glob("*.yaml")):
        file = f"catalog/services/{path.name}"
        content = read_mapping(path, file, problems)
        service = _parse(Service, content, file, problems) if content is not None else None
        if service is None:
            continue
        if service.name != path.stem:
            problems.append(
                Problem(
                    file=file,
                    key="name",
                    value=shown(service.name),
                    message="differs from the file's name, so two files could claim one service",
                    remedy=f"write {path.stem}, or rename the file",
                )
            )
        yield service
    if not any(folder.glob("*.yaml")):
        problems.append(
            Problem(file="catalog/services/", key="", value="", message="holds no service")
        )
