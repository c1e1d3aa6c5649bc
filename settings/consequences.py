"""What the choice of CockroachDB costs, said before anything is made (D-10).

Citus keeps one cluster a region and needs no such words. Source of the facts: CockroachDB's own
documentation on data domiciling, survival goals and super regions (v26.3).
"""

from collections.abc import Iterator

from settings.holdings import outside
from settings.keeping import CockroachDb
from settings.law import CONFINED
from settings.loader import Settings
from settings.markets import jurisdiction, market
from settings.tables import tables

_REPLICAS_TO_SURVIVE = 3


def consequences(settings: Settings) -> Iterator[str]:
    """Sentences about a stack that runs CockroachDB; none for Citus, or for a stack of nobody's."""
    database = settings.stack.database
    if not isinstance(database, CockroachDb) or jurisdiction(settings) is None:
        return
    here = market(settings)
    if not database.spans:
        yield f"the loss of {here} loses the service there: its rows have no replica elsewhere"
        return
    others = ", ".join(database.spans)
    open_tables = [
        n for n, data in tables(settings.catalog, settings.services) if data not in CONFINED
    ]
    yield f"these tables leave {here} for {others}: {', '.join(open_tables)}"
    yield (
        f"keys of confined rows appear in range metadata and system tables in {others}: "
        "domiciling moves rows, not the names of their ranges; use keys that say nothing"
    )
    if database.survive == "zone":
        yield (
            f"the loss of {here} loses writes to its rows until it is back; surviving it takes "
            f"{_REPLICAS_TO_SURVIVE} regions within {jurisdiction(settings)}"
        )
    if database.survive == "region" and not outside(settings):
        yield "each write waits for a second region of the country: one round trip more at least"
    yield "super regions are a preview of CockroachDB's; so is its operator over several regions"
