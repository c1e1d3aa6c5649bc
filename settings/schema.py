"""JSON Schema of every YAML file that a person edits here, from the models that check it.

`outdated` says which committed schema or first line is not what the models say. A schema sees the
shape of one file; the rules between files, and over sums and quantities, are `mpk check`'s.
"""

import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from settings.catalog import Catalog, Service
from settings.catalog_files import PARTS, SERVICES
from settings.model import Model, VariableName
from settings.stack import Stack
from settings.stack_file import KNOWN_KEYS, SECRETS_KEY, SEED_KEY, STACK_KEY

FOLDER = "schemas"
"""Where the schemas are committed."""

_MARK = "# yaml-language-server: $schema="
_MARKED_LINE = re.compile(rb"^# yaml-language-server:.*\n?", re.MULTILINE)
_OURS = "|".join(sorted(key.removeprefix("manpasik:") for key in KNOWN_KEYS))


class Encrypted(Model):
    """A value that only the engine can open."""

    secure: str
    """The ciphertext. `pulumi config set --secret` writes it; never edit it by hand."""


class StackConfig(Model):
    """Settings of the stack. Keys of Pulumi's providers may stand beside these."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"patternProperties": {f"^manpasik:(?!({_OURS})$)": False}},
    )

    stack: Stack = Field(alias=STACK_KEY)
    """Which environment the stack is, and where it differs from the catalogue."""

    secrets: dict[VariableName, Encrypted] = Field(default={}, alias=SECRETS_KEY)
    """Encrypted secrets by variable: `pulumi config set --secret --path manpasik:secrets.NAME`."""

    seed: Encrypted | None = Field(default=None, alias=SEED_KEY)
    """The seed of generated secrets, where several operators share it. Absent: this machine's."""

    disabled: tuple[str, ...] = Field(default=(), alias="pulumi:disable-default-providers")
    """Providers that may only be used explicitly, so nothing reaches a default cluster or cloud."""


class StackFile(Model):
    """A whole `Pulumi.<stack>.yaml`."""

    config: StackConfig
    """What the stack is configured with."""

    secretsprovider: str | None = None
    """What encrypts the secrets; the engine writes it. Absent: a passphrase."""

    encryptionsalt: str | None = None
    """Salt of the passphrase's key; the engine writes it."""

    encryptedkey: str | None = None
    """Key of the secrets, encrypted by the secrets provider; the engine writes it."""


class _ForEditors(GenerateJsonSchema):
    """No titles that repeat the keys; mappings are as closed as pydantic keeps them."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        found = super().dict_schema(schema)
        return found | {"additionalProperties": False} if "patternProperties" in found else found


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by the kind's name."""
    found = {"stack": _described(StackFile), "service": _described(Service)}
    found |= {part: _mapping(part, model, names) for part, model, names in PARTS}
    draft = {"$schema": _ForEditors.schema_dialect}
    return {kind: draft | schema for kind, schema in found.items()}


def kinds(root: Path) -> dict[str, str]:
    """The kind of every YAML file that has a schema, by its path below the project."""
    places = {"Pulumi.*.yaml": "stack", f"{SERVICES}/*.yaml": "service"}
    places |= {f"catalog/{part}.yaml": part for part, _, _ in PARTS}
    return {
        path.relative_to(root).as_posix(): kind
        for place, kind in places.items()
        for path in sorted(root.glob(place))
    }


def outdated(root: Path) -> dict[str, bytes]:
    """What each file should hold that does not, by its path below the project; empty: all is well.

    Files that cannot be read are left to the loader, which says why.
    """
    wanted = {f"{FOLDER}/{kind}.json": _printed(schema) for kind, schema in schemas().items()}
    stale = {file: text for file, text in wanted.items() if _content(root / file) != text}
    for file, kind in kinds(root).items():
        content = _content(root / file)
        if content is not None and content != (right := pointed(file, kind, content)):
            stale[file] = right
    return stale


def pointed(file: str, kind: str, content: bytes) -> bytes:
    """The content of a YAML file, with the first line that names its schema to editors."""
    first = f"{_MARK}{'../' * file.count('/')}{FOLDER}/{kind}.json\n"
    return first.encode() + _MARKED_LINE.sub(b"", content)


def _described(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_ForEditors)


def _mapping(part: str, model: type[BaseModel], names: TypeAdapter[str]) -> dict[str, Any]:
    entry = _described(model)
    definitions: dict[str, Any] = entry.pop("$defs", {})
    return {
        "$defs": definitions | {model.__name__: entry},
        "description": Catalog.model_fields[part].description,
        "type": "object",
        "propertyNames": names.json_schema(),
        "additionalProperties": {"$ref": f"#/$defs/{model.__name__}"},
    }


def _printed(schema: dict[str, Any]) -> bytes:
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n".encode()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
