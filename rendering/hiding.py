"""Objects in which every secret is hidden before anything compares or shows them.

Hidden are: what the program marked, everything in a Secret, `[secret]` of a rendering, variables
whose name says so, and every text that holds one of the secrets known, plain or encoded. Short
values (a user called `postgres`) are hidden in their own place only: they are words, too.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote

from rendering.differences import HIDDEN, Hidden
from rendering.marked import MARKED, mark
from rendering.recorder import Secret

_SHORTEST = 12
_SAYS_SECRET = re.compile(r"SECRET|PASSW|CREDENTIAL|TOKEN$|_KEY$|AUTH$", re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@$]+@")
_NEVER_SECRET = frozenset({bool, int, float, type(None)})
_NEVER = re.compile(r"(?!)")


def secret_texts(contents: Iterable[Any]) -> set[str]:
    """The secrets in the open that these objects hold, to be found elsewhere."""
    return {text for content in contents for text in _secrets(as_string_data(content))}


def hidden(contents: Iterable[Any], key: bytes, known: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The objects with their secrets hidden; `known` secrets also where nothing marks them."""
    found = _found_by(known)
    return [_object(as_string_data(content), key, found) for content in contents]


def _object(content: dict[str, Any], key: bytes, found: re.Pattern[str]) -> dict[str, Any]:
    secret = content.get("kind") == "Secret"
    hide = _Hide(key, found)
    shown = {
        name: hide.all(value) if secret and name == "stringData" else hide.where_secret(value)
        for name, value in content.items()
    }
    if content.get("kind") == "ConfigMap" and isinstance(shown.get("data"), dict):
        shown["data"] = {name: hide.by_name(name, value) for name, value in shown["data"].items()}
    # An object is known by these; a secret that equals one of them hides nothing.
    identity = {
        n: content["metadata"][n] for n in ("name", "namespace") if n in content["metadata"]
    }
    kept = {name: content[name] for name in ("apiVersion", "kind")}
    return shown | kept | {"metadata": shown["metadata"] | identity}


class _Hide:
    """One way of hiding through a whole object."""

    def __init__(self, key: bytes, found: re.Pattern[str]) -> None:
        self._key = key
        self._found = found

    def all(self, value: Any) -> Any:
        """Every value below."""
        if isinstance(value, Secret):
            return self.all(value.value)
        if isinstance(value, Mapping):
            entries = cast("Mapping[str, Any]", value)
            if MARKED in entries:
                return Hidden(str(entries[MARKED]))
            return {str(name): self.all(entry) for name, entry in entries.items()}
        return Hidden() if value == HIDDEN else Hidden(mark(value, self._key))

    def where_secret(self, value: Any) -> Any:
        """The values below that are secret."""
        kind = cast("Any", type(value))
        if kind is str:
            return self.all(value) if self._is_secret(value) else value
        if kind in _NEVER_SECRET:
            return value
        if isinstance(value, (Secret, Hidden)):
            return self.all(value) if isinstance(value, Secret) else value
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[str, Any]", value))
        if isinstance(value, list):
            return [self.where_secret(entry) for entry in cast("list[Any]", value)]
        return self.all(value) if isinstance(value, str) and self._is_secret(value) else value

    def by_name(self, name: str, value: Any) -> Any:
        """A variable's value, which its name may call secret."""
        plain = isinstance(value, str) and value
        return self.all(value) if plain and _SAYS_SECRET.search(name) else value

    def _mapping(self, entries: Mapping[str, Any]) -> Any:
        if MARKED in entries:
            return self.all(entries)
        shown = {str(name): self.where_secret(entry) for name, entry in entries.items()}
        if "value" in shown and isinstance(shown.get("name"), str):
            shown["value"] = self.by_name(shown["name"], shown["value"])
        return shown

    def _is_secret(self, text: str) -> bool:
        known = self._found.search(text) is not None
        return known or text == HIDDEN or _LOGIN_IN_URL.search(text) is not None


def as_string_data(content: Any) -> dict[str, Any]:
    """A Secret as the program writes one: `data` decoded into `stringData`."""
    data: Any = content.get("data")
    if content.get("kind") != "Secret" or not isinstance(data, Mapping):
        return dict(content)
    entries = cast("Mapping[str, Any]", data)
    rest = {name: value for name, value in content.items() if name != "data"}
    decoded = {str(name): _decoded(value) for name, value in entries.items()}
    return rest | {"stringData": decoded | dict(content.get("stringData") or {})}


def _decoded(value: Any) -> Any:
    if value == HIDDEN or not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


def _secrets(value: Any, *, secret: bool = False) -> Iterable[str]:
    if isinstance(value, Secret):
        yield from _secrets(value.value, secret=True)
    elif isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        inside = secret or MARKED in entries
        for name, entry in entries.items():
            of_secret = entries.get("kind") == "Secret" and name == "stringData"
            if MARKED not in entries:
                yield from _secrets(entry, secret=inside or of_secret)
    elif isinstance(value, list):
        for entry in cast("list[Any]", value):
            yield from _secrets(entry, secret=secret)
    elif secret and isinstance(value, str) and value != HIDDEN:
        yield value


def _found_by(known: Iterable[str]) -> re.Pattern[str]:
    forms = {form for text in known if len(text) >= _SHORTEST for form in _forms(text)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, longest_first))) if forms else _NEVER


def _forms(text: str) -> set[str]:
    encoded = base64.b64encode(text.encode()).decode()
    return {text, encoded, quote(text, safe=""), quote(text)}
