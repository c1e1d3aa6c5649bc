"""The models of `catalog/regions.yaml`: where the product may run, on either cloud."""

from typing import Annotated, Literal

from pydantic import Field

from settings.model import Model

Provider = Literal["aws", "gcp"]
"""A cloud that the product runs on."""

Jurisdiction = Literal["KR", "US", "EU", "JP"]
"""Whose law holds for health data that is kept there; it never leaves by itself (R-P4-REG)."""


class CloudRegion(Model):
    """A region as one cloud knows it."""

    name: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+-?[0-9]+$")]
    """The cloud's own name."""

    zones: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+[a-z]$")], ...],
        Field(min_length=1, max_length=6),
    ]
    """Its zones. Their order numbers the subnets: add new ones at the end, remove none."""


class Region(Model):
    """A place where both clouds have a region."""

    place: str
    """The city or state, as people call it."""

    jurisdiction: Jurisdiction
    """Whose subjects' health data may be kept there."""

    number: Annotated[int, Field(ge=0, le=15)]
    """Its place in the layout of networks. Never changed, never given to another."""

    aws: CloudRegion
    """Amazon's region."""

    gcp: CloudRegion
    """Google's region."""

    def on(self, provider: Provider) -> CloudRegion:
        """The region as that cloud knows it."""
        return self.aws if provider == "aws" else self.gcp
