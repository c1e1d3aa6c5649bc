"""What is wrong with the input, said so that a person can mend it.

Each problem names the file, the dotted key, the value found, what is wrong and what to do. They are
collected over all files and raised together: one run shows everything.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.places import fields_at, walked

_LONGEST_VALUE = 60
_HIDDEN = "[secret]"
_OFTEN_SECRET = re.compile("secret|passw|token|key|credential", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, and the remedy."""

    file: str
    key: str
    value: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line: `file: key = value: message; remedy`."""
        place = f"{self.file}: {self.key}" if self.key else self.file
        found = f" = {self.value}" if self.value else ""
        return f"{place}{found}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")


class SettingsError(Exception):
    """Every problem of the input, together. Nothing has been made or written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in order of file and key."""
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.key))
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the settings"
        text = "\n".join([head, *(f"  {problem}" for problem in self.problems)])
        # A file's name may hold bytes that are no text; the message must print all the same.
        super().__init__(text.encode(errors="backslashreplace").decode())


def shown(value: object) -> str:
    """A value as it is put into a message: JSON, cut where it grows long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def shown_unless_secret(key: str, value: object) -> str:
    """The same for a stack's file, where a secret may stand by mistake: hidden by its name."""
    return shown(_without_secrets(key.rpartition(".")[2], value))


def _without_secrets(key: str, value: object) -> object:
    if _OFTEN_SECRET.search(key):
        return _HIDDEN
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {name: _without_secrets(name, entry) for name, entry in entries.items()}
    return value


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The closest known word, and all of them where they are few."""
    words = sorted(known)
    begun = [known_word for known_word in words if word and known_word.startswith(word)]
    close = difflib.get_close_matches(word, words, n=1) or begun
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(words) or 'nothing'}"


def from_validation(
    error: ValidationError, file: str, model: type[BaseModel], prefix: str = ""
) -> list[Problem]:
    """Translate what pydantic found into problems of a file."""
    return [_problem(detail, file, model, prefix) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, file: str, model: type[BaseModel], prefix: str) -> Problem:
    location, _ = walked(model, detail["loc"])
    value = detail["input"]
    if detail["type"].startswith("union_tag") and isinstance(value, Mapping):
        # What is wrong is the entry that tells the members apart, not the whole.
        tag = str((detail.get("ctx") or {})["discriminator"]).strip("'")
        location = [*location, tag]
        value = cast("Mapping[str, object]", value).get(tag)
    key = ".".join([prefix, *location] if prefix else location)
    message, remedy = _words(detail, model)
    show = partial(shown_unless_secret, key) if file.startswith("Pulumi.") else shown
    told = "" if detail["type"] in _WITHOUT_VALUE else show(value)
    return Problem(file=file, key=key, value=told, message=message, remedy=remedy)


def _words(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    context: Mapping[str, Any] = detail.get("ctx") or {}
    match detail["type"]:
        case "extra_forbidden":
            siblings = fields_at(model, detail["loc"][:-1])
            return "unknown key", did_you_mean(str(detail["loc"][-1]), siblings)
        case "missing" | "union_tag_not_found":
            return "is missing", f"add {context.get('discriminator', detail['loc'][-1])}".replace(
                "'", ""
            )
        case "literal_error" | "union_tag_invalid":
            allowed = context.get("expected") or context["expected_tags"]
            return "is not allowed", f"allowed: {allowed}"
        case "value_error":
            message, _, remedy = str(context["error"]).partition("; ")
            return message, remedy
        case "string_pattern_mismatch":
            return "has the wrong form", f"allowed: text that matches {context['pattern']}"
        case _:
            return _wrong_type(detail["type"], detail["msg"])


_WANTED = {
    "string_type": 'text; quote it, as in "1"',
    "int_type": "a whole number without quotes",
    "int_parsing": "a whole number without quotes",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "frozen_set_type": "a list",
}


_WITHOUT_VALUE = {"missing", "json_invalid", "union_tag_not_found"}
_SAID = {
    "too_short": ("is empty", "write at least one entry"),
    "json_invalid": ("is not plain data", "write text, whole numbers, lists and mappings"),
}


def _wrong_type(kind: str, message: str) -> tuple[str, str]:
    if kind in _SAID:
        return _SAID[kind]
    if kind in _WANTED:
        return "has the wrong type", f"allowed: {_WANTED[kind]}"
    plain = message.removeprefix("Input should be ")
    return ("is not allowed", f"allowed: {plain}") if plain != message else (message, "")
