"""The SQL of a backfill: one batch and its progress in a transaction (R-MIG-5)."""

from dataclasses import dataclass

from psycopg import sql

from schema.limits import BATCH_ROWS

LOCK_MS = 200
STATEMENT_MS = 5_000
TABLE = "mpk_backfills"
MAKE = f"""create table if not exists {TABLE} (
  name text primary key, words text not null, after text, rows bigint not null default 0,
  batches bigint not null default 0, started timestamptz not null default now(),
  written timestamptz not null default now(), finished timestamptz)"""
BUSY = """
select format('the replica %%s lacks %%s', coalesce(application_name, ''), pg_size_pretty(lacks))
  from pg_stat_replication,
       lateral (select pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) as lacks) l
 where replay_lag > %(lag)s * interval '1 s' or lacks > %(bytes)s
union all
select format('process %%s has a transaction open for %%s', pid,
              date_trunc('second', age(now(), xact_start)))
  from pg_stat_activity
 where datname = current_database() and backend_type = 'client backend'
   and pid <> pg_backend_pid() and now() - xact_start > %(long)s * interval '1 s'"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which rows become what."""

    table: str
    column: str
    value: str
    where: str
    key: str = "id"
    batch: int = BATCH_ROWS
    lag_seconds: float = 10
    lag_bytes: int = 64 * 1024**2
    long_seconds: float = 60

    @property
    def name(self) -> str:
        """Under which its progress is kept."""
        return f"{self.table}.{self.column}"

    @property
    def words(self) -> str:
        """What must be the same when a run is taken up."""
        return f"{self.column} = {self.value} where {self.where} by {self.key}"


class Statements:
    """The SQL of one backfill; keys travel as text and are compared as what they are."""

    def __init__(self, wanted: Wanted, key_type: str) -> None:
        table, column, key = (sql.Identifier(n) for n in (wanted.table, wanted.column, wanted.key))
        kind = sql.SQL(key_type.replace("%", "%%").replace("{", "{{"))  # pyright: ignore[reportArgumentType]
        value, where = (
            sql.SQL(text.replace("%", "%%").replace("{", "{{").replace("}", "}}"))  # pyright: ignore[reportArgumentType]
            for text in (wanted.value, wanted.where)
        )
        parts = {"table": table, "column": column, "key": key, "kind": kind,
                 "value": value, "where": where}  # fmt: skip
        behind = "(%(after)s::text is null or {key} > %(after)s::text::{kind})"
        self.end = sql.SQL(
            f"select coalesce((select {{key}} from {{table}} where {behind} order by {{key}} "  # noqa: S608 - our own words
            f"offset %(rest)s limit 1), (select {{key}} from {{table}} where {behind} "
            "order by {key} desc limit 1))::text"
        ).format(**parts)
        self.change = sql.SQL(
            f"update {{table}} set {{column}} = ({{value}}) where {behind} "  # noqa: S608 - our own words
            "and {key} <= %(end)s::text::{kind} and ({where})"
        ).format(**parts)
        self.left = (
            f"select 1 from {wanted.table} where ({wanted.where}) "  # noqa: S608 - checked
            f"and {wanted.column} is distinct from ({wanted.value}) limit 1"
        )


LIMITS = f"set local lock_timeout = {LOCK_MS}; set local statement_timeout = {STATEMENT_MS}"
NOTE = (
    f"update {TABLE} set after = %s, rows = rows + %s, batches = batches + 1, written = now() "  # noqa: S608 - ours
    "where name = %s"
)
FINISH = f"update {TABLE} set finished = now(), written = now() where name = %s"  # noqa: S608 - ours
KEY = """
select format_type(a.atttypid, a.atttypmod), a.attnotnull and exists (
         select 1 from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid
            and i.indnkeyatts = 1 and i.indkey[0] = a.attnum and i.indpred is null), c.reltuples
  from pg_class c join pg_attribute a on a.attrelid = c.oid
 where c.oid = to_regclass(%s) and a.attname = %s and a.attnum > 0 and not a.attisdropped"""
