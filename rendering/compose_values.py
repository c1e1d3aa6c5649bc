"""What the containers of a compose file are given: values in the open, secrets by name only.

A secret stands in the file as `${NAME:?…}`. Compose takes its value from `.env` beside the file,
and refuses to start anything where it is absent or empty. Plain variables instead of Compose's own
`secrets:`, because the product's programs read variables and no file.

The recording that this reads holds a stand-in for each of the product's secrets, unlike any other
text. So a secret is found wherever the program put it, and a real one cannot get into the file.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rendering.manifest import Manifest
from rendering.recorder import reveal
from settings import names

ABSENT = "missing in .env"
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


class Values:
    """ConfigMaps and Secrets of a stack, as Compose can say them."""

    def __init__(self, found: Sequence[Manifest], stand_ins: Mapping[str, str]) -> None:
        """Look into the objects; `stand_ins` are the product's secrets by name."""
        self._config = _data(found, "ConfigMap", "data")
        self._secrets = _data(found, "Secret", "stringData")
        hosts = {names.host(m.name, m.namespace): m.name for m in found if m.kind == "Service"}
        self._hosts = {host: hosts[host] for host in sorted(hosts, key=len, reverse=True)}
        self._named = {value: name for name, value in stand_ins.items()}
        self.own: dict[str, str] = {}
        """The secrets that are not the product's but a store's own: values by name."""

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        """A container's variables by name."""
        entries: list[Any] = container.get("env", [])
        found = {str(entry["name"]): self._variable(entry) for entry in entries}
        return dict(sorted(found.items()))

    def words(self, found: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """A command; what the kubelet would fill in as `$(NAME)` is filled in here."""
        return [self._word(word, environment) for word in found]

    def text(self, value: str) -> str:
        """Text as it is: addresses are Compose's, and Compose replaces nothing in it."""
        for host, server in self._hosts.items():
            value = value.replace(host, server)
        return value.replace("$", "$$")

    def config(self, name: str) -> Mapping[str, str]:
        """The entries of a ConfigMap."""
        return {key: self.text(value) for key, value in self._config[name].items()}

    def secret_files(self, name: str, paths: Mapping[str, str]) -> Mapping[str, str]:
        """Files of a Secret in base64, since `.env` holds single lines; `paths` by key."""
        held = self._secrets[name]
        encoded = {key: base64.b64encode(held[key].encode()).decode() for key in paths}
        return {paths[key]: self._by_name(name, key, text) for key, text in encoded.items()}

    def _word(self, word: str, environment: Mapping[str, str]) -> str:
        parts = _REFERENCE.split(word)
        # Every second part is the name of a variable.
        return "".join(
            environment[part] if index % 2 else self.text(part) for index, part in enumerate(parts)
        )

    def _variable(self, entry: Mapping[str, Any]) -> str:
        match entry:
            case {"value": str(value)}:
                return self.text(value)
            case {"valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}:
                return self.config(name)[key]
            case {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}:
                return self._by_name(name, key, self._secrets[name][key])
            case _:
                raise NotImplementedError(
                    f"the compose file does not know the source of {entry['name']}; teach it"
                )

    def _by_name(self, secret: str, key: str, value: str) -> str:
        if value not in self._named:
            name = re.sub(r"[^A-Z0-9]", "_", f"{secret}_{key}".upper())
            self._named[value] = name
            self.own[name] = value
        return f"${{{self._named[value]}:?{ABSENT}}}"


def _data(found: Sequence[Manifest], kind: str, field: str) -> dict[str, dict[str, str]]:
    return {m.name: reveal(m.content).get(field, {}) for m in found if m.kind == kind}
