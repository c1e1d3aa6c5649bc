"""ConfigMap `manpasik-config` and Secret `manpasik-secrets`, under the keys that the code reads.

A pod is handed single keys, never the whole object (ENV-10). The names carry no content hash, since
they are the product's own; a checksum in each pod template rolls exactly the services that read a
changed value (pitfall A-4, ADR 0003).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from components.environment import Environment
from components.pods import metadata
from settings import names
from settings.variables import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationArgs:
    """What the two objects hold."""

    stack: str
    namespace: pulumi.Input[str]
    values: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]] = field(repr=False)


class Configuration(pulumi.ComponentResource):
    """The two objects, and what of them a service may be given."""

    config_map: pulumi.Output[str]
    secret: pulumi.Output[str]

    def __init__(
        self, name: str, args: ConfigurationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make ConfigMap and Secret."""
        super().__init__("manpasik:workloads:Configuration", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._values = args.values
        self._secrets = args.secrets
        config_map = k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=self._metadata(names.CONFIG_MAP, args),
            data=dict(args.values),
            opts=child,
        )
        secret = k8s.core.v1.Secret(
            f"{name}-secrets",
            metadata=self._metadata(names.SECRET, args),
            type="Opaque",
            string_data=pulumi.Output.secret(dict(args.secrets)),
            opts=child,
        )
        self.config_map = config_map.metadata.name
        self.secret = secret.metadata.name
        self.register_outputs({"config_map": self.config_map, "secret": self.secret})

    def environment(self, readings: Sequence[Reading]) -> Environment:
        """What a program is given that reads these; an optional one without a value is not set."""
        held = {"configuration": self._values, "secret": self._secrets}
        present = [r for r in readings if r.source == "service" or r.name in held[r.source]]
        return Environment(readings=present, config_map=self.config_map, secret=self.secret)

    def checksum(self, readings: Sequence[Reading]) -> pulumi.Output[str]:
        """Ten digits over the values that these readings find here.

        Of a secret only a digest together with a password of high entropy leaves this object.
        """
        plain = {r.name: self._values[r.name] for r in readings if r.source == "configuration"}
        hidden = {r.name: self._secrets[r.name] for r in readings if r.source == "secret"}
        digest = pulumi.Output.all(plain, hidden).apply(lambda f: names.checksum(f[0] | f[1]))
        return pulumi.Output.unsecret(digest)

    def _metadata(self, name: str, args: ConfigurationArgs) -> k8s.meta.v1.ObjectMetaArgs:
        return metadata(name, args.namespace, names.labels(name, "configuration", args.stack))
