"""R-MIG-4: an index, beside running writers."""

from collections.abc import Sequence

from schema.writers.asking import name
from schema.writers.parts import Draft


def index(table: str, columns: Sequence[str], *, unique: bool = False) -> list[Draft]:
    """One index, in a file of its own."""
    names = [name(each) for each in columns]
    own = name("_".join((name(table), *names, "key" if unique else "idx")))
    word = "UNIQUE INDEX" if unique else "INDEX"
    return [
        Draft(
            name=f"index_{own}"[:80],
            kind="contract" if unique else "expand",
            up=f"CREATE {word} CONCURRENTLY {own} ON {table} ({', '.join(names)});",
            down=f"DROP INDEX CONCURRENTLY {own};",
        )
    ]
