"""Whether a way back brings back what the way there takes: the thing, and what was in it."""

from schema import nodes, plpgsql
from schema.files import Migration
from schema.statements import Statement


def table(migration: Migration, name: str) -> bool:
    """The down file makes the table and fills it from rows that stayed."""
    made = filled = False
    for each in _down(migration):
        if each.kind == "CreateStmt" and nodes.relation(each.node.relation) == name:
            made = True
        elif each.kind == "CreateTableAsStmt" and nodes.relation(each.node.into.rel) == name:
            return True
        elif each.kind == "InsertStmt" and nodes.relation(each.node.relation) == name:
            filled = filled or bool(nodes.within(each.node.selectStmt, "RangeVar"))
    return made and filled


def column(migration: Migration, table_name: str, name: str) -> bool:
    """The down file adds the column and fills it."""
    added = filled = False
    for each in _down(migration):
        if each.kind == "AlterTableStmt" and nodes.relation(each.node.relation) == table_name:
            added = added or any(
                kind == "AT_AddColumn" and command.def_.colname == name
                for kind, command in nodes.commands(each.node)
            )
        elif each.kind == "UpdateStmt" and nodes.relation(each.node.relation) == table_name:
            filled = filled or any(target.name == name for target in each.node.targetList)
    return added and filled


def _down(migration: Migration) -> list[Statement]:
    """The statements of the down file, those in its DO blocks included."""
    found = list[Statement]()
    for each in migration.down.statements if migration.down else ():
        found += plpgsql.statements(each)[0] if each.kind == "DoStmt" else [each]
    return found
