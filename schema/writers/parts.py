"""The pieces that written migrations share: a lock that is tried briefly, a loop of batches."""

from dataclasses import dataclass

from schema.limits import BATCH_ROWS

HOLD_TIMEOUT = "200ms"
"""Each attempt queues others behind it for at most this long."""
ATTEMPTS = 100
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A migration before it has its number."""

    name: str
    kind: str
    up: str
    down: str
    step: str = ""
    """The words after `-- mpk:step`, where the change takes several releases."""

    def up_text(self) -> str:
        """The way there, with its head."""
        step = f"-- mpk:step {self.step}\n" if self.step else ""
        return f"-- mpk:class {self.kind}\n{step}{self.up.rstrip()}\n"

    def down_text(self) -> str:
        """The way back."""
        return self.down.rstrip() + "\n"


def held(table: str, statements: str) -> str:
    """Statements under a lock of the table that is asked for briefly, again and again.

    Between two attempts nothing is held, so whoever queued behind the last one goes on. The lock
    stays to the end of the file, and no statement under it may take long.
    """
    return f"""\
SET LOCAL lock_timeout = '{HOLD_TIMEOUT}';
SET LOCAL statement_timeout = '60s';
DO $$
BEGIN
{_attempts(table, "  ")}
END $$;
SET LOCAL statement_timeout = '5s';
{statements.rstrip()}
"""


def _attempts(table: str, indent: str) -> str:
    lines = f"""\
FOR attempt IN 1..{ATTEMPTS} LOOP
  BEGIN
    LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
    EXIT;
  EXCEPTION WHEN lock_not_available THEN
    IF attempt = {ATTEMPTS} THEN RAISE; END IF;
    PERFORM pg_sleep({_PAUSE_SECONDS});
  END;
END LOOP;"""
    return "\n".join(indent + line for line in lines.splitlines())


def batches(progress: str, table: str, key: str, work: str, before: str = "") -> str:
    """A DO block that works through a table by its key, a batch of rows a transaction.

    `work` sees the batch as rows with a key from `mpk_start` on. How far it came stands in a table,
    so that the next run goes on where a killed one ended; the table goes when all is done. A row
    that is locked by somebody is waited for briefly, and the batch tried again.
    """
    start = f"{before.rstrip()}\n" if before else ""
    return f"""\
DO $$
DECLARE
  mpk_start {table}.{key}%TYPE;
  mpk_next {table}.{key}%TYPE;
  mpk_waits bigint := 0;
BEGIN
{start}  CREATE TABLE IF NOT EXISTS {progress} AS
    SELECT {key} AS next_key FROM {table} ORDER BY {key} LIMIT 1;
  COMMIT;
  SELECT next_key INTO mpk_start FROM {progress};
  WHILE mpk_start IS NOT NULL LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '{HOLD_TIMEOUT}', true);
      SELECT {key} INTO mpk_next FROM {table}
        WHERE {key} >= mpk_start ORDER BY {key} OFFSET {BATCH_ROWS} LIMIT 1;
{work.rstrip()}
      UPDATE {progress} SET next_key = mpk_next;
      mpk_start := mpk_next;
      mpk_waits := 0;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      mpk_waits := mpk_waits + 1;
      IF mpk_waits > {ATTEMPTS} THEN RAISE; END IF;
      PERFORM pg_sleep({_PAUSE_SECONDS});
    END;
    COMMIT;
  END LOOP;
  DROP TABLE {progress};
END $$;
"""  # noqa: S608 - names are checked, for a person to read
