"""The services of Google Cloud that a project must have before anything is made in it."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

_SERVICES = (
    "cloudkms",
    "compute",
    "container",
    "iam",
    "logging",
    "monitoring",
    "redis",
    "servicenetworking",
    "sqladmin",
    "storage",
)

FRONT = ("certificatemanager", "cloudkms", "compute", "dns", "iam", "logging", "storage")
"""What the stack above the regions needs."""


def switched_on(
    project: str, parent: pulumi.Resource, services: Sequence[str] = _SERVICES
) -> list[pulumi.Resource]:
    """Switch them on; going away never switches one off, since others may use it."""
    return [
        gcp.projects.Service(
            f"{service}-api",
            project=project,
            service=f"{service}.googleapis.com",
            disable_on_destroy=False,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for service in services
    ]
