"""The environment of a program: which variables it reads, and the two objects that hold values.

A pod is handed single keys by reference, never a whole object (ENV-10).
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from settings.variables import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What one service reads, each from where its value belongs."""

    readings: Sequence[Reading]
    config_map: pulumi.Input[str]
    secret: pulumi.Input[str]

    def variables(self, only: Container[str] | None = None) -> list[k8s.core.v1.EnvVarArgs]:
        """A container's variables: all, or those of these names."""
        return [self._variable(r) for r in self.readings if only is None or r.name in only]

    def _variable(self, reading: Reading) -> k8s.core.v1.EnvVarArgs:
        if reading.source == "service":
            return k8s.core.v1.EnvVarArgs(name=reading.name, value=reading.value)
        if reading.source == "secret":
            return pods.from_secret(reading.name, self.secret, reading.name)
        key = k8s.core.v1.ConfigMapKeySelectorArgs(name=self.config_map, key=reading.name)
        return k8s.core.v1.EnvVarArgs(
            name=reading.name, value_from=k8s.core.v1.EnvVarSourceArgs(config_map_key_ref=key)
        )
