"""LOCK-6: nothing writes a whole table anew while it is locked."""

from collections.abc import Iterator

from schema import nodes
from schema.files import Folder
from schema.findings import POSTGRES_ONLY, Finding, Rule
from schema.rules.examples import pair
from schema.visits import Visit, walk

_COMMANDS = {
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_SetAccessMethod": "SET ACCESS METHOD",
}


def check(folder: Folder) -> Iterator[Finding]:
    """Statements that copy all rows of a table that is in use."""
    for visit in walk(folder):
        if word := _rewriting(visit):
            message = f"{word} writes all rows anew while nobody can read them"
            yield Finding(
                file=visit.file.name, line=visit.statement.line, rule=RULE.id, message=message
            )


def _rewriting(visit: Visit) -> str | None:
    node, kind = visit.statement.node, visit.statement.kind
    if kind == "ClusterStmt":
        return "CLUSTER"
    if kind == "VacuumStmt" and any(each.defname == "full" for each in node.options or ()):
        return "VACUUM FULL"
    if kind == "RefreshMatViewStmt" and not node.concurrent:
        return "REFRESH MATERIALIZED VIEW"
    if kind != "AlterTableStmt" or visit.fresh(nodes.relation(node.relation)):
        return None
    return next((_COMMANDS[name] for name, _ in nodes.commands(node) if name in _COMMANDS), None)


RULE = Rule(
    id="LOCK-6",
    title="No table is written anew in place",
    why="VACUUM FULL, CLUSTER, a change of tablespace and a plain REFRESH MATERIALIZED VIEW copy "
    "all rows under a lock that keeps readers out.",
    safe="Plain VACUUM; REFRESH MATERIALIZED VIEW CONCURRENTLY in a file of its own; a new table "
    "that is filled beside the old one (R-MIG-3).",
    bad_example=pair("CLUSTER devices USING devices_pkey;"),
    safe_example=pair("VACUUM devices;", timeouts=False),
    engines=POSTGRES_ONLY,
    check=check,
)
