"""The models of what residency is judged by: countries, places, processors, classes of data."""

from typing import Annotated, Literal

from pydantic import Field

from settings.model import Model

DataClass = Literal["health", "personal", "operational", "public"]
"""What a reader of the data learns of a person; the first two are confined."""
CONFINED: tuple[DataClass, ...] = ("health", "personal")
BY_DANGER: tuple[DataClass, ...] = ("health", "personal", "operational", "public")

SchemaFile = Annotated[str, Field(pattern=r"^[0-9]{2}-[a-z0-9-]{1,60}$")]
"""The name of a schema file, as a service's `schema_files` says it."""

TableName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
"""A table of the product's schema."""

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""A country by its two letters (ISO 3166-1)."""


JurisdictionName = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""A country, or the Union."""


class Jurisdiction(Model):
    """Within which countries the data of a market's people must stay."""

    countries: tuple[Country, ...] = Field(min_length=1)
    """The country, or the countries of one law and one supervision."""

    law: str
    """Which law asks for it; for the reader."""


class Location(Model):
    """A place of a cloud: a region, or what the cloud sells as one."""

    cloud: Literal["aws", "gcp"]
    """Whose place it is."""

    countries: tuple[Country, ...]
    """Every country in which it may keep a copy; empty: anywhere."""

    place: str
    """City, for the reader."""


class Processor(Model):
    """Somebody outside whom services send data to, by the host that they call."""

    countries: tuple[Country, ...] = Field(min_length=1)
    """Where the host's owner works on what it is sent."""

    only_with: str | None = None
    """The secret without which nothing is sent; absent: it always is."""


class Transfer(Model):
    """An exception for personal data: never for health data (RES-12)."""

    data: DataClass
    """What may leave."""

    to: Country
    """The country that it may be in as well."""

    basis: Literal["consent", "contract", "adequacy"]
    """Why that is lawful."""


class SchemaTables(Model):
    """What each table that a schema file makes tells of people."""

    tables: dict[TableName, DataClass] = Field(min_length=1)
    """Class by table."""
