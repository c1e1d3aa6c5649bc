"""Rows changed in batches: resumable after SIGKILL, bounded locks (R-MIG-5; issue 8, line 5).

The million rows are `python -m bench --only backfill`; here are twenty thousand.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operations.migrations import backfill
from operations.migrations.address import parse
from operations.migrations.backfill import Backfill, BackfillError, wanted
from operations.refusal import RefusedError
from tests.support.mending import Migrated
from tests.support.migrating import running
from tests.support.sessions import held

ROWS = 20_000
MPK = Path(sys.executable).with_name("mpk")
# Every row, whatever it holds: one that is done twice is counted twice.
FILL = ["backfill", "family-service", "t.note", "'n' || id", "--where", "true"]
KEPT = "select words, after, rows, finished is null from mpk_backfills"


COUNTS = """
create function counts() returns trigger language plpgsql as
  'begin new.n := old.n + 1; return new; end';
create trigger counts before update on t for each row execute function counts()"""


@pytest.fixture
def family(server, tmp_path):
    server.query("postgres", "drop database if exists manpasik_family")
    server.query("postgres", "create database manpasik_family")
    found = Migrated(server, "family-service", tmp_path)
    found.ask("create table t (id bigint primary key, note text, n int not null default 0, "
              f"mark int); insert into t select i, null, 0, 1 from generate_series(1, {ROWS}) i; "
              "analyze t")  # fmt: skip
    return found


def command(family, *words):
    """A process of its own, to be killed."""
    return subprocess.Popen(
        [MPK, "migrate", *FILL, "--json", *words], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "MPK_DATABASE": family.address, "PGPASSWORD": family.server.password},
    )  # fmt: skip


def run(family, *, tell=lambda _: None, restart=False, where="", value="'n' || id"):
    address = parse(family.address.replace("@", f":{family.server.password}@"))
    with address.connect("t") as connection:
        asked = wanted("t.note", value, where, "id", 1000)
        return Backfill(connection, asked, tell).run(restart=restart)


def test_killed_in_the_middle_it_goes_on_behind_the_last_batch_and_does_none_twice(family):
    family.ask(COUNTS)
    with held(family.server, family.database, "select 1 from t where id = 7500 for update"):
        process = command(family)
        while family.ask("select to_regclass('mpk_backfills') is null") == "t" or (
            not family.ask(KEPT).startswith("note") or "|7000|7000|t" not in family.ask(KEPT)
        ):
            time.sleep(0.05)
        process.kill()
        process.communicate()
    assert family.ask("select count(*) from t where note is not null") == "7000"
    done = json.loads(command(family).communicate(timeout=60)[0])
    assert (done["resumed_at"], done["rows"], done["batches"]) == (7000, ROWS, 20)
    assert not done["left"]
    assert family.ask("select count(*) from t where note = 'n' || id and n = 1") == str(ROWS)


def test_a_writer_beside_it_never_waits_long_and_its_rows_are_kept(family):
    statements = ["UPDATE t SET mark = mark + 1 WHERE id = 1 + (ROUND * 7919) % 20000"]
    address = family.address.replace("@", f":{family.server.password}@")
    with running(address, statements) as writer:
        done = run(family)
    assert writer.failed == []
    assert writer.slowest < 1
    assert done.rows == ROWS
    assert done.slowest < 5
    assert int(family.ask("select sum(mark - 1) from t")) == writer.rounds
    assert not done.left


def test_rows_that_stay_locked_end_the_run_and_what_was_done_stays(family, monkeypatch):
    monkeypatch.setattr(backfill, "ATTEMPTS", 2)
    with (
        held(family.server, family.database, "select 1 from t where id = 3500 for update"),
        pytest.raises(BackfillError, match="run the same command again: it goes on"),
    ):
        run(family)
    assert family.ask("select count(*) from t where note is not null") == "3000"
    assert run(family).resumed_at == 3000


def test_it_stands_back_while_a_transaction_is_long(family):
    shown = []
    with held(family.server, family.database, "select 1"):
        asked = wanted("t.note", "'n'", "", "id", 1000)
        hasty = backfill.Wanted(table="t", column="note", value="'n'", where=asked.where,
                                long_seconds=0)  # fmt: skip

        def tell(progress):
            shown.append((progress.paused_for, progress.rows))
            raise KeyboardInterrupt

        address = parse(family.address.replace("@", f":{family.server.password}@"))
        with address.connect("t") as connection, pytest.raises(KeyboardInterrupt):
            Backfill(connection, hasty, tell).run()
    ((reasons, rows),) = shown
    assert "has a transaction open for" in reasons[0]
    assert rows == 0, "nothing before it is over"


def test_a_second_run_beside_it_is_refused_and_other_words_are_not_mixed(family, monkeypatch):
    monkeypatch.setattr(backfill, "_OWNER_SECONDS", 0.0)
    lock = "select pg_advisory_lock(hashtextextended('mpk backfill t.note', 0))"
    with (
        held(family.server, family.database, lock),
        pytest.raises(RefusedError, match=r"another backfill of t\.note runs"),
    ):
        run(family)
    with pytest.raises(KeyboardInterrupt):
        run(family, tell=_interrupt)
    with pytest.raises(RefusedError, match=r"half done: note = 'n' \|\| id"):
        run(family, value="'other'")
    assert run(family, value="'other'", restart=True).rows == ROWS
    assert family.ask("select count(*) from t where note = 'other'") == str(ROWS)
    assert run(family, value="'other'").rows == 0, "a whole one is begun anew, and finds nothing"


def _interrupt(_progress):
    raise KeyboardInterrupt


def test_rows_that_came_in_behind_it_are_told(family):
    late = "insert into t values (-1, null)"
    told = run(family, tell=lambda p: family.ask(late) if p.batches == 1 else None)
    assert told.left
    assert run(family).rows == 1


BAD = {
    "no column": (["t", "1"], "names no column"),
    "no name": (["T.note", "1"], '"T": is no name'),
    "no expression": (["t.note", "1; drop table t"], "VALUE = "),
    "no condition": (["t.note", "1", "--where", "id ="], "--where = "),
    "no table": (["u.note", "1"], "there is no u with a column id"),
    "no key": (["t.note", "1", "--key", "mark"], "t.mark is no key"),
    "a larger batch": (["t.note", "1", "--batch", "1001"], "equal to 1000"),
}


@pytest.mark.parametrize(("words", "told"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence(family, words, told):
    done = family.mpk("backfill", "family-service", *words, files=False)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert family.ask("select to_regclass('mpk_backfills') is null") == "t"
