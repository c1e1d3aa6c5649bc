"""Which changes of a column's type rewrite nothing and lose nothing."""

import re

SERIAL = frozenset(("serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"))
_SIZED = re.compile(r"(?P<name>[a-z0-9 ]+)\((?P<first>\d+)(?:, (?P<second>\d+))?\)")
_ENDLESS = {
    ("varchar", "text"),
    ("bpchar", "text"),
    ("text", "varchar"),
    ("numeric", "numeric"),
    ("varchar", "varchar"),
}


def widens(old: str, new: str) -> bool:
    """Whether every value fits unchanged and PostgreSQL rewrites no row.

    `varchar(20)` to `varchar(50)` or `text` does; `int` to `bigint` rewrites the table.
    """
    if old == new:
        return True
    before, after = _SIZED.fullmatch(old), _SIZED.fullmatch(new)
    old_name = before["name"] if before else old
    if after is None:
        return (old_name, new) in _ENDLESS
    if before is None or old_name != after["name"] or old_name not in {"varchar", "numeric"}:
        return False
    same_scale = before["second"] == after["second"]
    return same_scale and int(after["first"]) >= int(before["first"])
