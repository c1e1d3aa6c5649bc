"""Every helper's files, up and down, while the version before and this one read and write.

Acceptance 2 of issue 8: no failed statement, no wait above a second, rows intact.
"""

import contextlib
import datetime
import shutil
import tempfile
from pathlib import Path

import pytest

from schema import read
from schema.rules.examples import BASE
from schema.writers import columns, indexes, tables
from schema.writing import write
from tests.support.migrating import ROWS, Database, running
from tests.support.postgres import postgres

TODAY = datetime.date(2026, 11, 24)
LONGEST_WAIT_SECONDS = 1.0
KEPT = "id, owner_id, price, model"
DEVICES = (
    "SELECT id, owner_id, price FROM devices WHERE id = 1 + ROUND % 2500",
    "INSERT INTO devices (id, owner_id, serial, price, model) "
    "VALUES (100000 + ROUND, 1, 's', 1, 'm')",
    "UPDATE devices SET price = price WHERE id = 1 + ROUND % 2500",
    "DELETE FROM devices WHERE id = 100000 + ROUND",
)
WITHOUT_SERIAL = tuple(s.replace("serial, ", "").replace("'s', ", "") for s in DEVICES)
WITH_NOTE = tuple(
    s.replace("model) ", "model, note) ").replace("'m')", "'m', 'n')") for s in DEVICES
)
WITH_CHECKED = ("UPDATE devices SET checked = true WHERE id = 1 + ROUND % 2500",)


def of(table, first):
    """Statements of a version that knows the table by this name, on rows of its own."""
    key = f"{first} + ROUND"
    return (
        f"SELECT name FROM {table} WHERE id = 1 + ROUND % 2500",
        f"INSERT INTO {table} (id, name) VALUES ({key}, 'a')",
        f"UPDATE {table} SET name = 'b' WHERE id = {key}",
        f"DELETE FROM {table} WHERE id = {key}",
    )


@pytest.fixture(scope="module")
def server():
    place = Path(tempfile.mkdtemp(prefix="mpk-load-"))
    place.chmod(0o755)
    with postgres(place, "app", "secret") as found:
        yield found
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def database(server, tmp_path, request):
    name = f"d{abs(hash(request.node.name))}"
    server.query("postgres", f"CREATE DATABASE {name}")
    for file, text in BASE.items():
        (tmp_path / file).write_text(text)
    found = Database(server, name, tmp_path)
    assert found.migrate("up").returncode == 0
    numbers = f"SELECT n, 'o' || n FROM generate_series(1, {ROWS}) n"
    found.ask(f"INSERT INTO owners {numbers}")
    found.ask(
        "INSERT INTO devices (id, owner_id, serial, price, model) "
        "SELECT id, id, 's' || id, id, 'm' FROM owners"
    )
    return found


def checksum(database, table="devices", kept=KEPT):
    rows = f"SELECT string_agg(r::text, '|' ORDER BY id) FROM (SELECT {kept} FROM {table} "
    return database.ask(f"SELECT md5(({rows} WHERE id <= {ROWS}) r))")


@contextlib.contextmanager
def versions(database, *statements):
    """Clients of one or two versions; what they met is judged when they stop."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(running(database.address, s)) for s in statements]
        yield
    for client in clients:
        assert client.failed == []
        assert client.slowest < LONGEST_WAIT_SECONDS


def steps(database, direction, count):
    for _ in range(count):
        done = database.migrate(*direction.split(), *(["1"] if direction == "up" else []))
        assert done.returncode == 0, done.stderr


def crosswise(database):
    """What one version writes under its name, the other finds under its own."""
    for written, asked, found in (
        ("INSERT INTO owners VALUES (900001, 'a')", "SELECT name FROM patients", "a"),
        ("UPDATE patients SET name = 'b' WHERE id = 900001", "SELECT name FROM owners", "b"),
        ("UPDATE owners SET id = 900002 WHERE id = 900001", "SELECT id FROM patients", "900002"),
        ("DELETE FROM patients WHERE id = 900002", "SELECT id FROM owners", ""),
    ):
        database.ask(written)
        assert database.ask(f"{asked} WHERE id > 900000") == found, written


HELPERS = {
    "add-column": (
        lambda _: columns.add_column("devices.checked", "boolean", "false", required=True),
        DEVICES, (*DEVICES, *WITH_CHECKED),
    ),
    "index": (lambda _: indexes.index("devices", ["owner_id", "model"]), DEVICES, DEVICES),
    "unique-index": (
        lambda _: indexes.index("devices", ["id", "model"], unique=True), DEVICES, DEVICES,
    ),
    "backfill": (lambda _: columns.backfill("devices.note", "'n' || id"), DEVICES, WITH_NOTE),
    "drop-column 1/3": (
        lambda folder: columns.drop_column(folder, "devices.serial", "''"), DEVICES, WITHOUT_SERIAL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("helper", HELPERS)
def test_what_a_helper_writes_runs_up_and_down_under_the_version_before_and_this_one(
    helper, database
):
    drafts, before, now = HELPERS[helper]
    rows = checksum(database)
    count = len(write(read(database.folder), drafts(read(database.folder)), TODAY)) // 2
    with versions(database, before):
        steps(database, "up", count)
        with versions(database, [s.replace("100000", "200000") for s in now]):
            assert checksum(database) == rows
        steps(database, "down 1", count)
    assert checksum(database) == rows


def test_a_column_leaves_in_three_releases_and_nobody_fails(database):
    rows = checksum(database)
    pairs = [(DEVICES, WITHOUT_SERIAL), (WITHOUT_SERIAL,) * 2, (WITHOUT_SERIAL,) * 2]
    for before, now in pairs:
        drafts = columns.drop_column(read(database.folder), "devices.serial", "''")
        write(read(database.folder), drafts, TODAY)
        with versions(database, before):
            steps(database, "up", 1)
            with versions(database, [s.replace("100000", "200000") for s in now]):
                assert checksum(database) == rows
    with versions(database, WITHOUT_SERIAL):
        steps(database, "down 1", 1)
    assert checksum(database) == rows


def test_a_column_is_kept_from_null_after_every_row_has_it(database):
    write(read(database.folder), columns.backfill("devices.note", "'n' || id"), TODAY)
    write(read(database.folder), columns.not_null("devices.note"), TODAY)
    with versions(database, WITH_NOTE):
        steps(database, "up", 4)
        assert database.ask("SELECT count(*) FROM devices WHERE note IS NULL") == "0"
        steps(database, "down 1", 4)


def test_a_table_is_renamed_in_two_releases_and_no_row_is_lost_either_way(database):
    def release():
        write(
            read(database.folder),
            tables.rename_table(read(database.folder), "owners", "patients"),
            TODAY,
        )

    rows = checksum(database, "owners", "id, name")
    old, new = of("owners", 100_000), of("patients", 200_000)
    release()
    with versions(database, old):
        steps(database, "up", 2)
        with versions(database, new):
            assert checksum(database, "patients", "id, name") == rows
            crosswise(database)
    assert database.ask("SELECT count(*) FROM owners") == str(ROWS), "both see what either deletes"
    release()
    with versions(database, new):
        steps(database, "up", 1)
        assert checksum(database, "patients", "id, name") == rows
        steps(database, "down 1", 1)
        assert checksum(database, "owners", "id, name") == rows
    with versions(database, old):
        steps(database, "down 1", 2)
    assert checksum(database, "owners", "id, name") == rows
