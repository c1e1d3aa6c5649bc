"""Reading YAML so that nothing is guessed, and as every other reader of the file would.

The same stack file is read here by PyYAML and by the engine's Go library, then travels as JSON.
What the two read differently, or JSON does not know, is refused with its line: duplicate keys,
aliases (they also blow a small file up to any size), tags, keys that are not text, numbers in other
forms than plain decimals (`010` is 8 to some). Dates and `yes` stay text.
"""

import copy
import functools
import re
from pathlib import Path
from typing import Any, cast

import yaml

from settings.problems import Problem, shown

_DEEPEST = 30
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {f"{_TAG}{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")}
_PLAIN_NUMBERS = {
    f"{_TAG}int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    f"{_TAG}float": re.compile(r"[-+]?[0-9]+\.[0-9]+"),
}
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class _UnusableError(Exception):
    """Why a file gives no mapping."""

    def __init__(self, message: str, remedy: str, value: str = "") -> None:
        super().__init__(message, remedy, value)


def _refused(place: Any, found: str, why: str, remedy: str) -> _UnusableError:
    return _UnusableError(f"line {place.start_mark.line + 1} {why}", remedy, shown(found))


class _StrictLoader(yaml.SafeLoader):
    """YAML 1.1 less its surprises."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases, and what no person would nest."""
        parser = cast("Any", self)
        if parser.check_event(yaml.AliasEvent):
            event = parser.peek_event()
            raise _refused(event, f"*{event.anchor}", "holds an alias", "write the value out")
        self.depth += 1
        if self.depth > _DEEPEST:
            why = f"nests deeper than {_DEEPEST} levels"
            raise _refused(parser.peek_event(), "…", why, "write it flatter")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own signature
        """Refuse a value that two readers would take for two things."""
        text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
        if node.tag not in _PLAIN_TAGS:
            raise _refused(node, text or node.tag, "holds a tagged value", "write it plainly")
        if node.tag in _PLAIN_NUMBERS and not _PLAIN_NUMBERS[node.tag].fullmatch(text):
            remedy = "write a plain decimal number, or quote it"
            raise _refused(node, text, "holds a number in an ambiguous form", remedy)
        if _NO_TEXT.search(text):
            raise _refused(node, "…", "holds a character that no text may hold", "remove it")
        return super().construct_object(node, deep=deep)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        """Refuse keys that stand twice or are not text."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "…"
            if key_node.tag != f"{_TAG}str":
                raise _refused(key_node, key, "has a key that is not text", "quote it")
            if key in seen:
                raise _refused(key_node, key, "has a key that stood before", "keep one of the two")
            seen.add(key)
        return super().construct_mapping(node, deep)


_StrictLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, _form, _firsts in (
    ("bool", r"^(?:true|false)$", "tf"),
    # Numbers to YAML 1.2 and text to PyYAML: a commit such as 12e4567 as an image tag.
    ("float", r"^[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+$", "-+0123456789"),
    ("int", r"^[-+]?0o[0-7]+$", "-+0"),
):
    _StrictLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        _TAG + _kind, re.compile(_form), list(_firsts)
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
        return copy.deepcopy(_loaded(text))
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


@functools.lru_cache(maxsize=256)
def _loaded(text: str) -> object:
    """The content of a text, read once: each stack of a process reads the same catalogue."""
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derives from SafeLoader


def _first_reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        return f"{error.problem or error.context}{mark}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
