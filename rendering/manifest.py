"""From recorded resources to Kubernetes manifests, in canonical form and order.

One file per object, `<namespace>.<kind>.<name>.yaml`; the same program gives the same bytes
whatever the hash seed, locale, time zone or working directory.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rendering.folder import replace_folder
from rendering.recorder import Recorded, redact

CHARTS = "charts"
"""The folder below for what is no object: `kubectl apply -f` does not look into it."""
_CLUSTER_SCOPED = "cluster"
# Text that PyYAML leaves bare, but some reader takes for a boolean (y, n) or, as YAML 1.2 does, for
# a number: ten hexadecimal digits of a checksum can look like 1234e56789.
_AMBIGUOUS = re.compile(r"[yYnN]|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One Kubernetes object that the program declares."""

    urn: str
    content: Mapping[str, Any] = field(repr=False)
    """The object; secrets are still marked (`reveal` or `redact` them)."""
    depends_on: frozenset[str]
    """URNs of the manifests that must be applied and ready before."""

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.content["kind"])

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.content["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for objects of the whole cluster."""
        return str(self.content["metadata"].get("namespace", ""))

    @property
    def file_name(self) -> str:
        """Where `write_manifests` puts it."""
        return f"{self.namespace or _CLUSTER_SCOPED}.{self.kind}.{self.name}.yaml".lower()


def manifests(recorded: Sequence[Recorded]) -> list[Manifest]:
    """The Kubernetes objects among the recorded resources, sorted by namespace, kind, name."""
    objects = {
        r.urn: r for r in recorded if r.type.startswith("kubernetes:") and "kind" in r.inputs
    }
    found = [
        Manifest(
            urn=urn,
            content=_ordered(resource.inputs),
            depends_on=frozenset(resource.dependencies & objects.keys()),
        )
        for urn, resource in objects.items()
    ]
    return sorted(found, key=lambda manifest: (manifest.namespace, manifest.kind, manifest.name))


def to_yaml(documents: Iterable[Any]) -> str:
    """Canonical YAML: block style, sorted input kept, multi-line text readable."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def write_manifests(
    found: Sequence[Manifest], folder: Path, charts: Iterable[Mapping[str, Any]] = ()
) -> list[Path]:
    """Write one file per object, secrets as `[secret]`; the folder holds these and nothing else.

    Each chart is a file below with its version and its values: its objects are Helm's to make.
    """
    files = {manifest.file_name: to_yaml([redact(manifest.content)]) for manifest in found}
    files |= {
        f"{CHARTS}/{chart['metadata']['name']}.yaml": to_yaml([redact(chart)]) for chart in charts
    }
    return replace_folder(files, folder)


def _ordered(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """apiVersion, kind, metadata first, as every reader expects; the rest is sorted already."""
    head = [key for key in ("apiVersion", "kind", "metadata") if key in inputs]
    return {key: inputs[key] for key in [*head, *(k for k in inputs if k not in head)]}


class _Dumper(yaml.CSafeDumper):
    """Block style throughout; multi-line text as a literal block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if _AMBIGUOUS.fullmatch(value):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)
