"""The cloud of a stack: `cloud: {provider: aws, region: ap-northeast-2}` is all it takes.

A union told apart by `provider`: what means the same on both has the same name, what differs stays
different. A stack without it uses a cluster that somebody else made, and its stores run inside.
"""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.model import HostName, Model
from settings.regions import Provider

__all__ = ["AwsSettings", "Cidr", "Cloud", "GcpSettings", "NetworkBlock", "Provider"]


def _network(value: str) -> str:
    try:
        IPv4Network(value)
    except ValueError as error:
        raise ValueError('is no network; write it like "203.0.113.0/24"') from error
    return value


def _not_everybody(value: str) -> str:
    if IPv4Network(value).prefixlen == 0:
        raise ValueError("is the whole internet; allowed: the networks of offices and pipelines")
    return value


Cidr = Annotated[
    str,
    Field(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$"),
    AfterValidator(_network),
    AfterValidator(_not_everybody),
]
"""An IPv4 network, but not the whole internet."""

NetworkBlock = Annotated[str, Field(pattern=r"^10\.[0-9]{1,3}\.0\.0/16$"), AfterValidator(_network)]
"""A network of 65,536 private addresses."""

Kind = Literal["cluster", "server"]
"""A Kubernetes cluster; or one VM that runs the compose file (D-3)."""


class AwsSettings(Model):
    """The stack runs on AWS."""

    provider: Literal["aws"]
    """Amazon Web Services."""

    region: str
    """A region of `catalog/regions.yaml`, by Amazon's name. Another region is another product: what
    was made in the first stays there."""

    kind: Kind = "cluster"
    """`server`: the Dev server of D-3 instead of a cluster."""

    kubernetes: Annotated[str, Field(pattern=r"^1\.[0-9]{2}$")] = "1.34"
    """Version of the cluster. EKS upgrades one at a time, and never back."""

    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """The only account that may be changed. Absent: the one that the credentials belong to."""

    network: NetworkBlock | None = None
    """Addresses instead of the computed ones, where a partner's network is in the way. Changing it
    replaces the network and all in it."""

    api_from: tuple[Cidr, ...] = ()
    """Networks from which the cluster's API is reached over the internet. Absent: only from inside
    the network."""


class GcpSettings(Model):
    """The stack runs on Google Cloud."""

    provider: Literal["gcp"]
    """Google Cloud."""

    region: str
    """A region of `catalog/regions.yaml`, by Google's name. Another region is another product: what
    was made in the first stays there."""

    kind: Kind = "cluster"
    """`server`: the Dev server of D-3 instead of a cluster."""

    channel: Literal["RAPID", "REGULAR", "STABLE"] = "REGULAR"
    """How soon GKE upgrades the cluster by itself, within the maintenance window."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")] | None = None
    """The project. Absent: `manpasik-<environment>`."""

    domain: HostName = "manpasik.com"
    """The domain of the people's groups: developers@…, qa@…, operations@… (R-ENV-2)."""

    network: NetworkBlock | None = None
    """Addresses instead of the computed ones, where a partner's network is in the way. Changing it
    replaces the network and all in it."""

    api_from: tuple[Cidr, ...] = ()
    """Networks from which the cluster's API is reached over the internet. Absent: only from inside
    the network."""


Cloud = Annotated[AwsSettings | GcpSettings, Field(discriminator="provider")]
"""Which cloud, and where."""
