"""Names of golang-migrate's bookkeeping, shared by the Job that writes and the gate that reads."""

from settings.catalog import Service


def migrations_table(service: Service) -> str:
    """The table that holds a service's schema version.

    A guest in another service's database (admin in auth's) keeps its own count there.
    """
    if service.database_of is None:
        return "schema_migrations"
    return "schema_migrations_" + service.name.removesuffix("-service").replace("-", "_")
