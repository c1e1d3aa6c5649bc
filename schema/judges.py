"""The class of each kind of statement, by what it does to the version before."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from schema import nodes, restoring
from schema.judges_alter import alter
from schema.kinds import Judgement, Kind
from schema.statements import OPAQUE
from schema.visits import Visit


def _rows(visit: Visit, node: Any) -> Iterator[Judgement]:
    table = nodes.relation(node.relation)
    if visit.fresh(table):
        yield Kind.EXPAND, f"fills {table}, which this file makes", ""
    elif type(node).__name__ == "DeleteStmt":
        yield Kind.IRREVERSIBLE, f"deletes rows of {table}", ""
    else:
        yield Kind.MIGRATE, f"changes rows of {table}", ""
    for cte in getattr(node.withClause, "ctes", None) or ():
        yield from _cte(visit, cte.ctequery)


def _cte(visit: Visit, query: Any) -> Iterator[Judgement]:
    if type(query).__name__ in {"InsertStmt", "UpdateStmt", "DeleteStmt"}:
        yield from _rows(visit, query)


def _select(visit: Visit, node: Any) -> Iterator[Judgement]:
    """A SELECT changes nothing by itself, but what it calls may, and a WITH may write."""
    for cte in getattr(node.withClause, "ctes", None) or ():
        yield from _cte(visit, cte.ctequery)
    if node.intoClause:
        yield Kind.EXPAND, f"makes the table {nodes.relation(node.intoClause.rel)}", ""


def _truncate(visit: Visit, node: Any) -> Iterator[Judgement]:
    for each in node.relations:
        if not visit.fresh(nodes.relation(each)):
            yield Kind.IRREVERSIBLE, f"empties {nodes.relation(each)}", ""


def _drop(visit: Visit, node: Any) -> Iterator[Judgement]:
    kind = nodes.object_type(node)
    noun = kind.removeprefix("OBJECT_").lower()
    for each in node.objects:
        name = nodes.dotted(each)
        if visit.fresh(name):
            continue
        lost = kind in {"OBJECT_TABLE", "OBJECT_SEQUENCE", "OBJECT_SCHEMA", "OBJECT_FOREIGN_TABLE"}
        restored = not lost or restoring.table(visit.migration, name)
        what = f"drops the {noun} {name}"
        what += "" if restored else ", and its down file does not bring the rows back"
        takes = name if kind in {"OBJECT_TABLE", "OBJECT_VIEW"} else f"{noun} {name}"
        yield (Kind.CONTRACT if restored else Kind.IRREVERSIBLE), what, takes


def _rename(visit: Visit, node: Any) -> Iterator[Judgement]:
    kind = nodes.object_type(node, "renameType").removeprefix("OBJECT_").lower()
    table = nodes.relation(node.relation) if node.relation else nodes.dotted(node.object)
    if kind in {"index", "tabconstraint"} or visit.fresh(table):
        return
    name = f"{table}.{node.subname}" if kind in {"column", "attribute"} else table
    yield Kind.CONTRACT, f"renames the {kind} {name}", name


def _index(visit: Visit, node: Any) -> Iterator[Judgement]:
    table = nodes.relation(node.relation)
    if node.unique and not visit.fresh(table):
        what = f"forbids rows in {table} that the version before may write"
        yield Kind.CONTRACT, what, f"{table} without {node.idxname or 'the unique index'}"
    else:
        yield Kind.EXPAND, f"adds an index to {table}", ""


def _routine(visit: Visit, node: Any) -> Iterator[Judgement]:
    name = nodes.routine(node)
    maker = visit.schema.routines.get(name)
    if node.replace and maker not in {None, visit.file.name}:
        yield Kind.CONTRACT, f"changes {name}, which {maker} made", f"function {name}"
    else:
        yield Kind.EXPAND, f"adds {name}", ""


_OWN_WORDS = (
    (re.compile(r"UPSERT\b", re.IGNORECASE), Kind.MIGRATE),
    (re.compile(r"CREATE\b", re.IGNORECASE), Kind.EXPAND),
    (re.compile(r"ALTER .*\b(LOCALITY|CONFIGURE ZONE|SPLIT AT)\b", re.I | re.S), Kind.EXPAND),
    (re.compile(r"ALTER .*\bADD (SUPER )?REGION\b", re.I | re.S), Kind.EXPAND),
)
"""Of CockroachDB's own words those that take nothing away."""


def _opaque(visit: Visit, node: Any) -> Iterator[Judgement]:
    del node
    for words, kind in _OWN_WORDS:
        if words.match(visit.statement.sql):
            yield kind, "is one of CockroachDB's own statements", ""
            return
    yield Kind.IRREVERSIBLE, "is not understood, so the strictest class is assumed", ""


def _enum(visit: Visit, node: Any) -> Iterator[Judgement]:
    del visit
    name = nodes.dotted(node.typeName)
    if node.oldVal:
        yield Kind.CONTRACT, f"renames the value {node.oldVal} of {name}", f"{name}.{node.oldVal}"
    else:
        yield Kind.EXPAND, f"adds the value {node.newVal} to {name}", ""


def _grant(visit: Visit, node: Any) -> Iterator[Judgement]:
    del visit
    if node.is_grant:
        yield Kind.EXPAND, "grants rights", ""
    else:
        yield Kind.CONTRACT, "takes rights away", "rights"


def _adds(visit: Visit, node: Any) -> Iterator[Judgement]:
    del node
    yield Kind.EXPAND, f"{visit.statement.kind.removesuffix('Stmt')} adds", ""


def _takes(visit: Visit, node: Any) -> Iterator[Judgement]:
    del node
    what = visit.statement.kind.removesuffix("Stmt")
    yield Kind.CONTRACT, f"{what} changes what the version before may use", what


def _loses(visit: Visit, node: Any) -> Iterator[Judgement]:
    del node
    what = visit.statement.kind.removesuffix("Stmt")
    yield Kind.IRREVERSIBLE, f"{what} loses what it drops", what


def _writes(visit: Visit, node: Any) -> Iterator[Judgement]:
    del node
    yield Kind.MIGRATE, f"{visit.statement.kind.removesuffix('Stmt')} changes rows", ""


NEUTRAL = frozenset(
    ("DoStmt", "VariableSetStmt", "VariableShowStmt", "LockStmt", "CommentStmt", "VacuumStmt",
     "TransactionStmt", "ReindexStmt", "CheckPointStmt", "ClusterStmt")
)  # fmt: skip
JUDGES: dict[str, Callable[[Visit, Any], Iterator[Judgement]]] = {
    "InsertStmt": _rows,
    "UpdateStmt": _rows,
    "DeleteStmt": _rows,
    "MergeStmt": _rows,
    "SelectStmt": _select,
    "TruncateStmt": _truncate,
    "DropStmt": _drop,
    "RenameStmt": _rename,
    "IndexStmt": _index,
    "AlterTableStmt": alter,
    "CreateFunctionStmt": _routine,
    "CreateTrigStmt": _routine,
    "AlterEnumStmt": _enum,
    OPAQUE: _opaque,
    "GrantStmt": _grant,
    **dict.fromkeys(("CallStmt", "CopyStmt", "RefreshMatViewStmt"), _writes),
    **dict.fromkeys(("DropdbStmt", "DropOwnedStmt", "DropRoleStmt", "DropTableSpaceStmt"), _loses),
    **dict.fromkeys(
        ("CreateStmt", "CreateTableAsStmt", "ViewStmt", "CreateSeqStmt", "CreateEnumStmt",
         "CompositeTypeStmt", "CreateDomainStmt", "CreateExtensionStmt", "CreateSchemaStmt",
         "DefineStmt", "CreateStatsStmt", "CreateRangeStmt", "CreateCastStmt"), _adds,
    ),
    **dict.fromkeys(
        ("AlterObjectSchemaStmt", "AlterOwnerStmt", "AlterSeqStmt", "AlterDomainStmt",
         "AlterFunctionStmt", "CreatePolicyStmt", "AlterPolicyStmt", "RuleStmt",
         "AlterDefaultPrivilegesStmt", "GrantRoleStmt", "AlterRoleStmt"), _takes,
    ),
}  # fmt: skip
