"""Which class of data each database of the product holds, from `catalog/tables.yaml`.

What nobody judged counts as health: a new schema file is confined until somebody says otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping

from settings.catalog import Catalog, Service
from settings.law import BY_DANGER, DataClass


def most_dangerous(classes: Iterable[DataClass]) -> DataClass:
    """The class that rules a whole in which all of these lie."""
    found = set(classes)
    for each in BY_DANGER:
        if each in found:
            return each
    return BY_DANGER[0]


def tables(catalog: Catalog, services: Mapping[str, Service]) -> Iterator[tuple[str, DataClass]]:
    """Every table of some services with its class, as `service.table`."""
    for service in services.values():
        for file in service.schema_files:
            known = catalog.tables.get(file)
            for table, data in (known.tables if known else _unjudged(file)).items():
                yield f"{service.name.removesuffix('-service')}.{table}", data


def class_of(catalog: Catalog, service: Service) -> DataClass:
    """The class of a service's own data: that of its most dangerous table."""
    found = tables(catalog, {service.name: service})
    return most_dangerous(data for _, data in found)


def _unjudged(file: str) -> dict[str, DataClass]:
    return {f"({file})": "health"}
