"""What the files before have made: tables, columns, constraints, indexes.

Enough to judge a statement by what it meets: whether its table is new, whether a column was made
nullable before it is dropped, whether a CHECK was validated before NOT NULL is set. What no file
has made is unknown, and judged as something that exists and is in use.
"""

from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Column:
    """What is known of a column."""

    type: str
    nullable: bool = True
    has_default: bool = False
    counted: bool = False
    """Filled by an identity's sequence."""
    loosened_in: int | None = None
    """The migration that took its NOT NULL away (release 2 of R-MIG-2)."""


@dataclass(kw_only=True, slots=True)
class Constraint:
    """A constraint of a table."""

    type: str
    columns: tuple[str, ...] = ()
    valid: bool = True
    refers: str | None = None
    """The table that a foreign key refers to."""
    not_null: str | None = None
    """The column that a CHECK keeps from being null."""


@dataclass(kw_only=True, slots=True)
class Table:
    """What is known of a table or a view."""

    made_by: str
    """The file that made it."""
    columns: dict[str, Column] = field(default_factory=dict[str, Column])
    constraints: dict[str, Constraint] = field(default_factory=dict[str, Constraint])


@dataclass(kw_only=True, slots=True)
class Schema:
    """What is there at one moment, changed statement by statement."""

    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    indexes: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    """Table and uniqueness of an index."""
    routines: dict[str, str] = field(default_factory=dict[str, str])
    """Functions, triggers, types: the file that made them."""

    def column(self, table: str, name: str) -> Column | None:
        """A column, where a file has made it."""
        known = self.tables.get(table)
        return known.columns.get(name) if known else None

    def tables_of(self, file: str) -> dict[str, list[str]]:
        """The tables that a file has made, with their columns."""
        return {
            n: list(t.columns) for n, t in self.tables.items() if t.made_by == file and t.columns
        }

    def forget(self, table: str) -> None:
        """Take a table out, with what hangs on it."""
        self.tables.pop(table, None)
        for name in [name for name, (owner, _) in self.indexes.items() if owner == table]:
            del self.indexes[name]
        for name in [name for name in self.routines if name.startswith(f"{table}.")]:
            del self.routines[name]

    def names(self) -> set[str]:
        """All that the files have made, in words such as `table t`, `column t.c`, `index i`."""
        found = {f"index {name}" for name in self.indexes}
        found |= {f"routine {name}" for name in self.routines}
        for name, table in self.tables.items():
            found |= {f"column {name}.{column}" for column in table.columns}
            if table.made_by:
                found.add(f"table {name}")
        return found
