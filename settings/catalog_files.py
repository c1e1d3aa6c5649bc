"""Reading `catalog/` into models, as far as it can be read.

One broken entry hides nothing else: the rules between files still run over the others.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from settings import catalog_rules
from settings.alerts import Alert, AlertName, Objective, ObjectiveName, Receiver
from settings.catalog import Catalog, Service, Store, StoreName, Variable
from settings.charts import Chart, ChartName
from settings.environments import Environment
from settings.files import read_mapping
from settings.images import BaseImage, ImageRole
from settings.instances import Instance
from settings.law import (
    Jurisdiction,
    JurisdictionName,
    Location,
    Processor,
    SchemaFile,
    SchemaTables,
)
from settings.model import DnsLabel, HostName, VariableName
from settings.prices import Price, PriceName
from settings.problems import Problem, from_validation, shown
from settings.regions import Region

SERVICES = "catalog/services"
"""The folder with one file per service."""

PARTS: tuple[tuple[str, type[BaseModel], TypeAdapter[str]], ...] = (
    ("variables", Variable, TypeAdapter(VariableName)),
    ("stores", Store, TypeAdapter(StoreName)),
    ("environments", Environment, TypeAdapter(DnsLabel)),
    ("images", BaseImage, TypeAdapter(ImageRole)),
    ("regions", Region, TypeAdapter(DnsLabel)),
    ("instances", Instance, TypeAdapter(str)),
    ("jurisdictions", Jurisdiction, TypeAdapter(JurisdictionName)),
    ("locations", Location, TypeAdapter(DnsLabel)),
    ("processors", Processor, TypeAdapter(HostName)),
    ("prices", Price, TypeAdapter(PriceName)),
    ("charts", Chart, TypeAdapter(ChartName)),
    ("tables", SchemaTables, TypeAdapter(SchemaFile)),
    ("alerts", Alert, TypeAdapter(AlertName)),
    ("receivers", Receiver, TypeAdapter(DnsLabel)),
    ("objectives", Objective, TypeAdapter(ObjectiveName)),
)
"""Each file beside the services: the model of its entries, and what their names must be."""
_NAMES = tuple(part for part, _, _ in PARTS)

_Parsed = TypeVar("_Parsed", bound=BaseModel)


def parse(
    model: type[_Parsed], value: object, file: str, problems: list[Problem], prefix: str = ""
) -> _Parsed | None:
    """The model of plain data, or None with every reason added to `problems`."""
    try:
        # Strict JSON mode: lists become tuples, yet "1" never becomes 1.
        return model.model_validate_json(json.dumps(value, allow_nan=False))
    except ValidationError as error:
        problems += from_validation(error, file, model, prefix)
    except (TypeError, ValueError, RecursionError) as error:
        message, remedy = f"is not plain data ({error})", "write text, whole numbers, lists"
        problems.append(Problem(file=file, key=prefix, value="", message=message, remedy=remedy))
    return None


def read_catalog(root: Path, problems: list[Problem]) -> tuple[Catalog | None, frozenset[str]]:
    """The sound part of the catalogue, and the names of what is described but broken.

    None where a whole part cannot be read: then nothing can be said about references to it. Every
    stack of a process reads the same files, so what they say is worked out once.
    """
    catalog, broken, found = _of_texts(root, _texts(root))
    problems += found
    return catalog, broken


def _texts(root: Path) -> tuple[tuple[str, bytes | str], ...]:
    """Every file of the catalogue with its content, or with why it cannot be read."""
    services = sorted((root / SERVICES).glob("*.y*ml"))
    return tuple((str(p), _text(p)) for p in (*services, *(root / _file(part) for part in _NAMES)))


def _text(path: Path) -> bytes | str:
    try:
        return path.read_bytes()
    except OSError as error:
        return str(error)


@functools.lru_cache(maxsize=8)
def _of_texts(
    root: Path, _: tuple[tuple[str, bytes | str], ...]
) -> tuple[Catalog | None, frozenset[str], tuple[Problem, ...]]:
    problems: list[Problem] = []
    catalog, broken = _read(root, problems)
    return catalog, broken, tuple(problems)


def _file(part: str) -> str:
    return f"catalog/{part}.yaml"


def _read(root: Path, problems: list[Problem]) -> tuple[Catalog | None, frozenset[str]]:
    services, broken = _services(root, problems)
    parts: dict[str, dict[str, Any]] = {"services": services}
    for part, model, names in PARTS:
        file = _file(part)
        content = read_mapping(root / file, file, problems)
        if content is not None:
            parts[part] = dict(_entries(content, file, model, names, problems))
            broken |= content.keys() - parts[part].keys()
    if len(parts) <= len(PARTS):
        return None, frozenset()
    catalog = Catalog.model_validate(parts)
    problems += catalog_rules.problems(catalog, frozenset(broken))
    return catalog, frozenset(broken)


def _entries(
    content: dict[str, Any],
    file: str,
    model: type[_Parsed],
    names: TypeAdapter[str],
    problems: list[Problem],
) -> Iterator[tuple[str, _Parsed]]:
    for name, value in content.items():
        try:
            names.validate_python(name)
        except ValidationError as error:
            problems += from_validation(error, file, model, name)
            continue
        entry = parse(model, value, file, problems, name)
        if entry is not None:
            yield name, entry


def _services(root: Path, problems: list[Problem]) -> tuple[dict[str, Service], set[str]]:
    """The sound services by name, and the names of the others."""
    sound: dict[str, Service] = {}
    broken: set[str] = set()
    files = sorted((root / SERVICES).glob("*.y*ml"))
    for path in files:
        file = f"{SERVICES}/{path.name}"
        content = read_mapping(path, file, problems)
        service = parse(Service, content, file, problems) if content is not None else None
        if service is None:
            broken.add(path.stem)
        elif found := _misnamed(service, path, file):
            broken |= {path.stem, service.name}
            problems.append(found)
        else:
            sound[service.name] = service
    if not files:
        remedy = "write one file per service, the gateway's among them"
        problems.append(
            Problem(
                file=f"{SERVICES}/", key="", value="", message="holds no service", remedy=remedy
            )
        )
        broken.add(catalog_rules.GATEWAY)
    return sound, broken


def _misnamed(service: Service, path: Path, file: str) -> Problem | None:
    if path.suffix != ".yaml":
        message, remedy = f"ends in {path.suffix}", f"rename it to {path.stem}.yaml"
        return Problem(file=file, key="", value="", message=message, remedy=remedy)
    if service.name != path.stem:
        return Problem(
            file=file,
            key="name",
            value=shown(service.name),
            message="differs from the file's name, so two files could claim one service",
            remedy=f"write {path.stem}, or rename the file",
        )
    return None
