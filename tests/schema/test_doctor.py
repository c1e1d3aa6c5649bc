"""The doctor names what stands in the way, and its command mends it (issue 8, line 3; M-3).

Each test runs the very command that was told, in a shell.
"""

import contextlib
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from components.delivery.schema import lock_id
from operations.migrations.address import parse, rows
from operations.migrations.target import step
from tests.support.mending import Migrated
from tests.support.postgres import postgres
from tests.support.sessions import held, until
from tests.support.standby import standby

A = {"000001_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY, x int);"}
MIB = 1024 * 1024
FILE_LIMIT = 24 * MIB
"""Above a segment of the log, so that only tables meet it."""


@pytest.fixture
def shop(server, tmp_path):
    server.query("postgres", "drop database if exists manpasik_shop")
    server.query("postgres", "create database manpasik_shop")
    found = Migrated(server, "shop-service", tmp_path)
    found.write(A)
    found.ok("up", "shop-service")
    return found


def test_a_healthy_database_has_nothing_and_says_what_was_asked(shop):
    told = shop.json("doctor", "shop-service")
    assert [e for e in told["findings"] if e["check"] != "disk"] == []
    assert told["asked"][:3] == ["dirty", "lock", "long transaction"]
    assert told["unasked"] == []


def test_a_lock_held_by_a_long_query_ends_the_run_and_the_doctor_s_command_goes_on(shop):
    more = A | {"000002_b.up.sql": "SET LOCAL lock_timeout = '200ms'; ALTER TABLE a ADD y int;"}
    shop.write(more)
    with held(shop.server, shop.database, "lock table a in access share mode"):
        assert shop.mpk("up", "shop-service").exit_code == 1
        assert shop.state() == "2|t", "noticed"
        found = shop.findings()["dirty"]
        assert (found["verdict"], found["proven"]) == ("repair", 1)
        shop.follow(found)
        assert shop.state() == "1|f"
    shop.ok("up", "shop-service")
    assert shop.state() == "2|f"


def test_a_long_transaction_is_named_and_its_command_ends_it(shop, monkeypatch):
    monkeypatch.setattr("operations.migrations.examination.LONG_TRANSACTION_SECONDS", 0)
    with held(shop.server, shop.database, "lock table a in access share mode"):
        found = shop.findings()["long transaction"]
        assert "DDL waits behind it" in found["what"]
        shop.follow(found)
        until(shop.server, shop.database, "not exists (select 1 from pg_locks "
              "where relation = 'a'::regclass)")  # fmt: skip
    assert "long transaction" not in shop.findings()


def test_a_stale_lock_blocks_and_its_command_frees_it(shop, monkeypatch):
    stale = "'60 s'", "'0 s'"
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, *a, **k: read(self, *a, **k).replace(*stale)
                        if self.name == "examine.sql" else read(self, *a, **k))  # fmt: skip
    lock = lock_id(shop.database, "schema_migrations")
    with held(shop.server, shop.database, f"select pg_advisory_lock({lock})"):
        found = shop.findings()["lock"]
        assert found["verdict"] == "blocks"
        shop.write(A | {"000002_b.up.sql": "CREATE TABLE b ();"})
        assert "holds the migration lock" in shop.mpk("up", "shop-service").stderr
        shop.follow(found)
    assert "lock" not in shop.findings()
    shop.ok("up", "shop-service")


def test_a_lost_connection_leaves_nothing_half_in_and_the_command_goes_on(shop):
    waits = "CREATE TABLE b (); SELECT pg_advisory_xact_lock(80);"
    shop.write(A | {"000002_b.up.sql": waits})
    with held(shop.server, shop.database, "select pg_advisory_xact_lock(80)"):
        killer = subprocess.Popen(
            [*shop.server.command(shop.database), "-c", KILL_WAITING], env=shop.server.environment()
        )
        assert shop.mpk("up", "shop-service").exit_code == 1
        killer.communicate(timeout=20)
    found = shop.findings()["dirty"]
    assert "nothing of its file is in" in found["what"]
    shop.follow(found)
    shop.ok("up", "shop-service")
    assert shop.state() == "2|f"


KILL_WAITING = """
do $$ begin
  for n in 1..400 loop
    perform pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted;
    exit when found;
    perform pg_sleep(0.05), pg_stat_clear_snapshot();
  end loop;
end $$"""


def test_an_index_that_is_half_built_is_dropped_by_the_command_and_built_again(shop):
    shop.ask("insert into a values (1, 1), (2, 1)")
    shop.write(A | {"000002_i.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x);"})
    assert shop.mpk("up", "shop-service", "--nobody-runs").exit_code == 1
    shop.ask("delete from a where id = 2")
    found = shop.findings()["dirty"]
    assert "half built" in found["what"]
    shop.follow(found)
    assert shop.ask("select to_regclass('a_x') is null") == "t"
    shop.ok("up", "shop-service", "--nobody-runs")
    assert shop.ask("select indisvalid from pg_index where indexrelid = 'a_x'::regclass") == "t"


def test_what_nothing_proves_is_never_guessed_and_a_person_s_word_is_one_of_two(shop):
    shop.ask("update schema_migrations set dirty = true; comment on table schema_migrations is ''")
    found = shop.findings()["dirty"]
    assert found["verdict"] == "blocks"
    assert found["proven"] is None
    assert "VERSION is 0 or 1" in shop.mpk("repair", "shop-service").stderr
    assert "VERSION is 0 or 1" in shop.mpk("repair", "shop-service", "--version", "7").stderr
    assert shop.state() == "1|t"
    shop.ok("repair", "shop-service", "--version", "1")
    assert shop.state() == "1|f"


def test_what_was_proven_is_not_overruled(shop):
    shop.write(A | {"000002_b.up.sql": "CREATE TABLE b (); SELECT 1 / 0;"})
    assert shop.mpk("up", "shop-service").exit_code == 1
    refused = shop.mpk("repair", "shop-service", "--version", "2")
    assert refused.exit_code == 2
    assert "nothing of its file is in, so it is 1" in refused.stderr
    assert shop.state() == "2|t"


def test_a_user_without_rights_is_told_what_was_not_asked(shop):
    shop.ask("create role plain login password 'p'; grant all on schema public to plain; "
             "grant select on schema_migrations to plain")  # fmt: skip
    plain = shop.address.replace(f"//{shop.server.user}", "//plain")
    told = shop.mpk("doctor", "shop-service", "--database", plain, PGPASSWORD="p")
    shop.ask("drop owned by plain; drop role plain")
    assert told.exit_code == 0, told.output
    assert "not asked, for want of rights: disk, replication lag" in told.stderr


@pytest.fixture
def full(tmp_path):
    """A server whose files cannot grow beyond a size: it reports a full disk, and needs no root."""
    place = Path(tempfile.mkdtemp(prefix="mpk-full-"))
    place.chmod(0o755)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place)
        stack.callback(signal.signal, signal.SIGXFSZ, ignored)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, before[1]))
        try:
            server = stack.enter_context(postgres(place, "app", "secret"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        server.query("postgres", "create database manpasik_shop")
        yield Migrated(server, "shop-service", tmp_path)


def test_a_full_disk_leaves_nothing_half_in_and_the_command_goes_on_once_there_is_room(full):
    rows = "INSERT INTO b SELECT repeat('x', 1000) FROM generate_series(1, 40000);"
    full.write(A | {"000002_b.up.sql": f"CREATE TABLE b (x text);\n{rows}"})
    failed = full.mpk("up", "shop-service")
    assert failed.exit_code == 1
    assert "could not extend file" in failed.stderr
    assert full.state() == "2|t"
    found = full.findings()["dirty"]
    assert "nothing of its file is in" in found["what"]
    assert full.ask("select to_regclass('b') is null") == "t"
    full.follow(found)
    full.write(A | {"000002_b.up.sql": "CREATE TABLE b (x text);\n" + rows.replace("40000", "9")})
    full.ok("up", "shop-service")
    assert full.ask("select count(*) from b") == "9"


def test_a_disk_without_room_for_the_largest_table_blocks(shop):
    line = "/dev/x 1000 {used} {free} 90% /data"
    blocked, tight = (_disk(shop, line.format(used=900, free=n)) for n in (4, 100))
    assert blocked[:2] == ("blocks", "disk")
    assert tight[:2] == ("warns", "disk")
    assert _disk(shop, line.format(used=100, free=900)) is None


def _disk(shop, line):
    """What disk.sql says where `df` says this line."""
    with parse(f"{shop.address.replace('@', f':{shop.server.password}@')}").connect("t") as session:
        text = step(session, "disk.sql", {"full_percent": 85})
        start, end = text.index("copy disk"), text.index("select case")
        text = f"{text[:start]}insert into disk values ('{line}');\n{text[end:]}"
        found = rows(session, text)
    return found[0] if found else None


def test_a_replica_that_stands_still_is_named_until_it_has_caught_up(shop, monkeypatch):
    """A real standby, whose replay is paused: it reports no time, only what it lacks."""
    monkeypatch.setattr("operations.migrations.examination.REPLICATION_LAG_BYTES", 0)
    with standby(shop.server) as replica:
        replica.query("postgres", "select pg_wal_replay_pause()")
        shop.ask("insert into a values (3, 3)")
        found = shop.findings()["replication lag"]
        assert "the replica walreceiver is " in found["what"]
        assert found["verdict"] == "warns"
        replica.query("postgres", "select pg_wal_replay_resume()")
        until(shop.server, shop.database, CAUGHT_UP)
        assert "replication lag" not in shop.findings()


CAUGHT_UP = "not exists (select 1 from pg_stat_replication where replay_lsn < pg_current_wal_lsn())"
