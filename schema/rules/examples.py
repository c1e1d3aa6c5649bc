"""How the rules' examples are written: whole files, with the head that every file has."""

from collections.abc import Mapping

BASE_NAME = "000001_initial_schema"
BASE_UP = """\
-- mpk:class expand
CREATE TABLE owners (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE devices (
  id bigint PRIMARY KEY,
  owner_id bigint NOT NULL,
  serial text NOT NULL,
  price numeric(10, 2) NOT NULL,
  model text NOT NULL,
  note text
);
"""
BASE_DOWN = """\
-- The first schema holds everything: going back from it is a restore, not a migration.
DO $$ BEGIN RAISE EXCEPTION 'refused: this would drop every table'; END $$;
"""
BASE = {f"{BASE_NAME}.up.sql": BASE_UP, f"{BASE_NAME}.down.sql": BASE_DOWN}
"""What is there before each example."""
TIMEOUTS = "SET LOCAL lock_timeout = '500ms';\nSET LOCAL statement_timeout = '5s';\n"


def pair(
    up: str,
    down: str | None = "SELECT 1;",
    *,
    kind: str = "expand",
    head: str = "",
    number: int = 2,
    name: str = "change",
    timeouts: bool = True,
) -> dict[str, str]:
    """A migration's two files; the way back is left out by None."""
    start = TIMEOUTS if timeouts else ""
    stem = f"{number:06}_{name}"
    found = {f"{stem}.up.sql": f"-- mpk:class {kind}\n{head}{start}{up.rstrip()}\n"}
    if down is not None:
        start = "" if down == "SELECT 1;" else start
        found[f"{stem}.down.sql"] = f"{start}{down.rstrip()}\n"
    return found


def whole(example: Mapping[str, str]) -> dict[str, str]:
    """An example with what is there before it."""
    return BASE | dict(example)
