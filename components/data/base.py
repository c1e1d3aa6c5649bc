"""What the in-cluster stores have in common: servers, ConfigMap entries, readiness."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.data.server import Server, ServerArgs
from settings.catalog import Store
from settings.secrets import Secrets

Entries = Mapping[str, pulumi.Output[str]]
"""ConfigMap entries, under the names that the code reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreArgs:
    """What a store needs from its surroundings."""

    stack: str
    namespace: pulumi.Input[str]
    store: Store
    secrets: Secrets
    on_platform: bool


class InClusterStore(pulumi.ComponentResource):
    """What the in-cluster stores have in common: servers, entries, readiness."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    """None: what these servers are given is the stack's."""
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: StoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the servers and hand out how to reach them."""
        super().__init__(f"manpasik:data:{type(self).__name__}", name, None, opts)
        self.args = args
        self.secrets = {}
        self.configuration, self.ready_when = self.make()
        self.register_outputs(dict(self.configuration))

    @abc.abstractmethod
    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers; ConfigMap entries that lead to them, and what must be up."""

    def server(self, name: str, server_args: ServerArgs) -> Server:
        """One server of the store."""
        placed = dataclasses.replace(server_args, on_platform=self.args.on_platform)
        return Server(name, placed, pulumi.ResourceOptions(parent=self))

    def port(self, server: str) -> pulumi.Output[str]:
        """The port of a server, as a ConfigMap holds it."""
        return pulumi.Output.from_input(str(self.args.store.servers[server].port))
