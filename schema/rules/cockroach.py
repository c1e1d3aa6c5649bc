"""CockroachDB's own rules (pitfall M-3, D-10): schema changes run in the background there."""

from collections.abc import Iterator

from schema import nodes
from schema.files import Folder, SqlFile
from schema.findings import COCKROACHDB_ONLY, Finding, Rule
from schema.rules.examples import pair
from schema.statements import OPAQUE, Statement
from schema.visits import Visit, walk

_QUIET = frozenset(("SelectStmt", "VariableSetStmt", "TransactionStmt", "DoStmt", "CommentStmt"))
_ROWS = frozenset(("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"))
_LACKS = {
    "LockStmt": "LOCK TABLE",
    "CreateExtensionStmt": "CREATE EXTENSION",
    "CreateDomainStmt": "CREATE DOMAIN",
    "RuleStmt": "CREATE RULE",
    "VacuumStmt": "VACUUM",
    "ClusterStmt": "CLUSTER",
    "ReindexStmt": "REINDEX",
    "CreateEventTrigStmt": "CREATE EVENT TRIGGER",
    "CreateForeignTableStmt": "CREATE FOREIGN TABLE",
}


def check_one(folder: Folder) -> Iterator[Finding]:
    """Files with more than one change of shape, or with rows beside it."""
    for migration in folder.migrations:
        for file in migration.files:
            shapes = [each for each in file.statements if _shapes(each)]
            later = shapes[1:] + (
                [each for each in file.statements if _rows(each)] if shapes else []
            )
            if later and not _all_new(file):
                message = "is a second change beside a change of shape, in one transaction"
                yield Finding(file=file.name, line=later[0].line, rule=ONE.id, message=message)


def _shapes(statement: Statement) -> bool:
    if statement.kind == OPAQUE:
        return not statement.sql.upper().startswith("UPSERT")
    return statement.kind not in _QUIET | _ROWS


def _rows(statement: Statement) -> bool:
    return statement.kind in _ROWS or statement.sql.upper().startswith("UPSERT")


def _all_new(file: SqlFile) -> bool:
    """Whether a file makes tables and nothing that could fail in the background."""
    return all(
        not _shapes(each) or each.kind == "CreateStmt" for each in file.statements
    ) and not any(map(_rows, file.statements))


def check_words(folder: Folder) -> Iterator[Finding]:
    """Words of PostgreSQL that CockroachDB lacks."""
    for visit in walk(folder):
        for word in _lacking(visit):
            message = f"{word} is not there in CockroachDB"
            yield Finding(
                file=visit.file.name, line=visit.statement.line, rule=WORDS.id, message=message
            )


def _lacking(visit: Visit) -> Iterator[str]:
    kind, node = visit.statement.kind, visit.statement.node
    if kind in _LACKS:
        yield _LACKS[kind]
    yield from sorted(name for name in nodes.calls(node) if "advisory" in name)
    if kind == "CreateStmt":
        if node.inhRelations or node.partspec:
            yield "INHERITS or PARTITION OF"
        for constraint in nodes.within(node.tableElts or [], "Constraint"):
            if nodes.constraint_type(constraint) == "CONSTR_EXCLUSION":
                yield "EXCLUDE"


def check_type(folder: Folder) -> Iterator[Finding]:
    """Types that are changed, and keys: both rebuild the table and refuse transactions."""
    for visit in walk(folder):
        if visit.statement.kind != "AlterTableStmt":
            continue
        table = nodes.relation(visit.statement.node.relation)
        for kind, command in nodes.commands(visit.statement.node):
            if kind == "AT_AlterColumnType" and not visit.fresh(table):
                message = f"converts {table}.{command.name} in place"
                yield Finding(
                    file=visit.file.name, line=visit.statement.line, rule=TYPE.id, message=message
                )


def check_rows(folder: Folder) -> Iterator[Finding]:
    """Blocks that commit: a batch there is a file, or the service's own work."""
    for visit in walk(folder):
        text = visit.statement.sql.upper()
        if visit.statement.kind == "DoStmt" and "COMMIT" in text:
            message = "commits in a DO block, which CockroachDB runs as one transaction"
            yield Finding(
                file=visit.file.name, line=visit.statement.line, rule=LOOP.id, message=message
            )


def _plain(up: str, down: str, kind: str = "expand", number: int = 2) -> dict[str, str]:
    return pair(up, down, kind=kind, number=number, timeouts=False)


ONE = Rule(
    id="CRDB-1",
    title="One change of shape a file, and no rows beside it",
    why="CockroachDB commits a transaction first and changes shapes in the background "
    "afterwards. A second change that fails then leaves the first half-applied, with no way "
    "to roll back, and the version says otherwise.",
    safe="One statement a file. DROP COLUMN and CREATE INDEX stand alone.",
    bad_example=_plain(
        "ALTER TABLE devices ADD COLUMN checked boolean;\n"
        "CREATE INDEX checked_idx ON devices (checked);",
        "ALTER TABLE devices DROP COLUMN checked;",
    )
    | {"000002_change.down.sql": "ALTER TABLE devices DROP COLUMN checked;\n"},
    safe_example=_plain(
        "ALTER TABLE devices ADD COLUMN checked boolean;",
        "ALTER TABLE devices DROP COLUMN checked;",
    )
    | _plain("CREATE INDEX checked_idx ON devices (checked);", "DROP INDEX checked_idx;", number=3),
    engines=COCKROACHDB_ONLY,
    check=check_one,
)
WORDS = Rule(
    id="CRDB-2",
    title="Only words that CockroachDB has",
    why="LOCK TABLE, advisory locks, extensions, domains, rules and EXCLUDE fail there. So does "
    "the pgx5 driver of golang-migrate, which takes an advisory lock: the Job uses the "
    "driver `cockroachdb`.",
    safe="Schema changes are online there: leave the lock out. For EXCLUDE use a CHECK or the "
    "code.",
    bad_example=_plain("LOCK TABLE devices IN ACCESS EXCLUSIVE MODE;", "SELECT 1;"),
    safe_example=_plain(
        "ALTER TABLE devices ADD COLUMN checked boolean;",
        "ALTER TABLE devices DROP COLUMN checked;",
    ),
    engines=COCKROACHDB_ONLY,
    check=check_words,
)
TYPE = Rule(
    id="CRDB-3",
    title="No type is changed in place",
    why="It rebuilds the column in the background, refuses columns that an index or a constraint "
    "uses, and cannot run in a transaction, which a file of several statements is.",
    safe="A new column, filled in batches; the old one leaves in three releases (R-MIG-2).",
    bad_example=_plain(
        "ALTER TABLE devices ALTER COLUMN model TYPE text;",
        "SELECT 1;",
    ),
    safe_example=_plain(
        "ALTER TABLE devices ADD COLUMN model_text text;",
        "ALTER TABLE devices DROP COLUMN model_text;",
    ),
    engines=COCKROACHDB_ONLY,
    check=check_type,
)
LOOP = Rule(
    id="CRDB-4",
    title="No loop that commits",
    why="A DO block is one transaction in CockroachDB: COMMIT in it fails, and without it a large "
    "change exceeds the transaction's limits and is retried from its start.",
    safe="One batch a file with LIMIT, for few rows; for many let the service fill the column, "
    "batch by batch.",
    bad_example=_plain(
        "DO $$ BEGIN\n  UPDATE devices SET note = model WHERE id IN (\n"
        "    SELECT id FROM devices WHERE note IS NULL LIMIT 1000);\n  COMMIT;\nEND $$;",
        "SELECT 1;",
        kind="migrate",
    ),
    safe_example=_plain(
        "UPDATE devices SET note = model WHERE id IN (\n"
        "  SELECT id FROM devices WHERE note IS NULL LIMIT 1000);",
        "SELECT 1;",
        kind="migrate",
    ),
    engines=COCKROACHDB_ONLY,
    check=check_rows,
)
