"""Reading YAML so that nothing is guessed: no duplicate keys, no dates, no `yes` that means true.

Values that JSON does not know (dates, sets, NaN) stay text or are refused, since the same settings
travel through the Pulumi engine as JSON.
"""

import re
from pathlib import Path
from typing import Any, cast

import yaml

from settings.problems import Problem, shown


class _StrictLoader(yaml.SafeLoader):
    """YAML 1.1 less its surprises."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key!r} stands twice, again in line {line}"
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_StrictLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
)


def read_mapping(path: Path, shown_as: str, problems: list[Problem]) -> dict[str, Any] | None:
    """The mapping in a YAML file, or None with the reason added to `problems`."""
    try:
        return _parsed(path)
    except _UnusableError as error:
        message, remedy, value = error.args
        problems.append(Problem(file=shown_as, key="", value=value, message=message, remedy=remedy))
        return None


def mapping_or_empty(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file that was checked before; empty where there is none."""
    return read_mapping(path, path.name, []) or {}


class _UnusableError(Exception):
    """Why a file gives no mapping."""

    def __init__(self, message: str, remedy: str, value: str = "") -> None:
        super().__init__(message, remedy, value)


def _parsed(path: Path) -> dict[str, Any]:
    content = _content(path)
    if content is None:
        raise _UnusableError("is empty", "write its keys, or delete the file")
    if not isinstance(content, dict):
        raise _UnusableError("is not a mapping", "write key: value lines", shown(content))
    return cast("dict[str, Any]", content)


def _content(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derives from SafeLoader
    except FileNotFoundError:
        raise _UnusableError("does not exist", "write it, or name another stack") from None
    except IsADirectoryError:
        raise _UnusableError("is a folder", "put a YAML file there") from None
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise _UnusableError(reason, "let your user read it") from None
    except UnicodeDecodeError as error:
        raise _UnusableError(
            f"is not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = f"is not YAML: {_first_reason(error)}"
        raise _UnusableError(reason, "mend the line named") from None


def _first_reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return f"{error.problem or error.context}{mark}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
