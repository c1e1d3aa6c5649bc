"""The resources of a recording in a cloud, as Terraform: for tools that read only that.

Pulumi's providers for AWS and Google Cloud are made from Terraform's, so types and properties have
the same names in another spelling. What differs by no rule stands here in tables. Nothing is ever
applied from this: `make security` reads it with Checkov (decision 0037). Secrets are hidden.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from rendering.computed import CLOUDS, outputs
from rendering.recorder import Recorded, redact

_PROVIDERS = {"aws": "aws", "gcp": "google"}
# Part of a Pulumi token, and what Terraform says in its place.
_MODULES = {
    "aws:ec2": "",
    "aws:rds": "db",
    "gcp:certificatemanager": "certificate_manager",
    "gcp:projects": "project",
    "gcp:serviceaccount": "service",
    "gcp:servicenetworking": "service_networking",
}
_TYPES = {"aws:route53/hostedZoneDnsSec:HostedZoneDnsSec": "aws_route53_hosted_zone_dnssec"}
_BLOCKS_IN_PLURAL = {
    "block_device_mappings",
    "cidr_blocks",
    "database_flags",
    "items",
    "tag_specifications",
}
"""Blocks whose name is in the plural in Terraform too; any other is in the singular there."""
_MAPS = {"tags", "labels", "resource_labels"}
"""What is no block: its keys are the program's own words."""
_SHORTEST = 6
"""A shorter value could be another resource's by chance."""
_REFERENCE = re.compile(r"<<([a-z0-9_]+\.[a-z0-9_-]+\.[a-z0-9_]+)>>")
"""A reference while values are still plain text."""


def configuration(found: Iterable[Recorded]) -> str:
    """Every resource of a cloud; what one was given of another stands as a reference to it."""
    mine = {each.urn: each for each in found if each.type.startswith(CLOUDS)}
    return "\n".join(_resource(each, mine) for each in mine.values())


def type_of(token: str) -> str:
    """Terraform's name of a type."""
    if token in _TYPES:
        return _TYPES[token]
    package, module, name = token.split(":")
    module = module.partition("/")[0]
    middle = _MODULES.get(f"{package}:{module}", module)
    return "_".join(part for part in (_PROVIDERS[package], middle, snake(name)) if part)


def snake(name: str) -> str:
    """`kmsKeyId` as Terraform spells it: kms_key_id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"^([a-z])_(?=[a-z]+_)", r"\1", spaced.lower())


def _resource(each: Recorded, mine: Mapping[str, Recorded]) -> str:
    known = _references(mine[urn] for urn in sorted(each.dependencies) if urn in mine)
    values = _referring(redact(each.inputs), known)
    # The engine makes the new one first, and takes nothing away that the program protects.
    kept = {"lifecycle": {"createBeforeDestroy": True, "preventDestroy": each.protect}}
    lines = "\n".join(_body({**cast("Mapping[str, Any]", values), **kept}, "  "))
    return f'resource "{type_of(each.type)}" "{each.name}" {{\n{lines}\n}}\n'


def _references(reached: Iterable[Recorded]) -> dict[str, str]:
    """What leads to the resources that one depends on, by the value that it was given of them."""
    known: dict[str, str] = {}
    for each in reached:
        given = {"id": f"{each.name}-id", **outputs(each.type, each.name, each.inputs)}
        for key, value in given.items():
            if isinstance(value, str) and len(value) >= _SHORTEST:
                known[value] = f"<<{type_of(each.type)}.{each.name}.{snake(key)}>>"
    return dict(sorted(known.items(), key=lambda entry: -len(entry[0])))


def _referring(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        # At once, the longest first: a reference holds names that are values of others.
        values = "|".join(map(re.escape, known))
        return re.sub(values, lambda found: known[found[0]], value) if known else value
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value).items()
        return {key: _referring(entry, known) for key, entry in entries}
    if isinstance(value, list):
        return [_referring(entry, known) for entry in cast("list[Any]", value)]
    return value


def _body(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        name = snake(key)
        if isinstance(value, Mapping) and name not in _MAPS:
            yield from _block(name, cast("Mapping[str, Any]", value), indent)
        elif _are_blocks(value):
            for entry in cast("list[Mapping[str, Any]]", value):
                yield from _block(_singular(name), entry, indent)
        else:
            yield f"{indent}{name} = {_said(value)}"


def _block(name: str, values: Mapping[str, Any], indent: str) -> Iterator[str]:
    yield f"{indent}{name} {{"
    yield from _body(values, f"{indent}  ")
    yield f"{indent}}}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value).items()
        return "{" + ", ".join(f"{json.dumps(k)} = {_said(entry)}" for k, entry in entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_said(entry) for entry in cast("list[Any]", value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if alone := _REFERENCE.fullmatch(value):
        return alone[1]
    quoted = json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return _REFERENCE.sub(r"${\1}", quoted)


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(entry, Mapping) for entry in cast("list[Any]", value)
    )


def _singular(name: str) -> str:
    if name in _BLOCKS_IN_PLURAL or name.endswith("ss"):
        return name
    if name.endswith("ies"):
        return f"{name.removesuffix('ies')}y"
    return name.removesuffix("es") if name.endswith("ses") else name.removesuffix("s")
