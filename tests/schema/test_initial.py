"""The product's first schema, adopted (hazards DB-01, DB-02, DB-08)."""

import datetime
import shutil
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from schema import Kind, classify, from_texts
from schema.initial import initial
from schema.lint import lint
from settings.problems import SettingsError
from tests.support.migrating import Database
from tests.support.postgres import postgres

TODAY = datetime.date(2026, 11, 24)
SOURCES = {
    "18-admin": "CREATE TABLE admin_users (id bigint PRIMARY KEY, mail text NOT NULL);\n"
    "CREATE INDEX admin_mail ON admin_users (mail);\nINSERT INTO admin_users VALUES (1, 'a');",
    "25-settings": "CREATE TABLE settings (id bigint PRIMARY KEY, body text DEFAULT $x$';'$x$);",
}


@pytest.fixture(scope="module")
def server():
    place = Path(tempfile.mkdtemp(prefix="mpk-adopt-"))
    place.chmod(0o755)
    with postgres(place, "app", "secret") as found:
        yield found
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def database(server, tmp_path, request):
    name = f"d{abs(hash(request.node.name))}"
    server.query("postgres", f"CREATE DATABASE {name}")
    for file, text in initial(SOURCES).items():
        (tmp_path / file).write_text(text)
    return Database(server, name, tmp_path)


def test_each_file_of_the_product_is_one_migration_that_lint_can_read_and_expands():
    folder = from_texts(initial(SOURCES))
    assert [each.up.name for each in folder.migrations] == [
        "000001_18-admin.up.sql",
        "000002_25-settings.up.sql",
    ]
    assert lint(folder, TODAY) == []
    assert {verdict.kind for verdict in classify(folder).values()} == {Kind.EXPAND}


def test_an_empty_database_gets_everything_and_the_second_run_changes_nothing(database):
    for told in ("1/u", "no change"):
        done = database.migrate("up")
        assert done.returncode == 0, done.stderr
        assert told in done.stderr
    assert database.ask("SELECT count(*) FROM admin_users") == "1"
    assert database.ask("SELECT version, dirty FROM schema_migrations") == "2|f"


def test_a_database_that_has_the_tables_is_adopted_and_no_row_is_touched(database):
    for text in SOURCES.values():
        database.ask(text)
    database.ask("DELETE FROM admin_users; INSERT INTO admin_users VALUES (7, 'kept')")
    assert database.migrate("up").returncode == 0
    assert database.ask("SELECT id, mail FROM admin_users") == "7|kept", "seeds stay out"
    assert database.ask("SELECT version FROM schema_migrations") == "2"


def test_another_shape_under_the_same_name_stops_and_says_what_is_missing(database):
    database.ask("CREATE TABLE admin_users (id bigint PRIMARY KEY)")
    done = database.migrate("up")
    assert done.returncode != 0
    assert "another schema than 18-admin is there: it lacks admin_users.mail" in done.stderr


def test_going_back_from_the_first_schema_is_refused_and_every_row_stays(database):
    assert database.migrate("up").returncode == 0
    done = database.migrate("down", "1")
    assert "refused: going back would drop every table" in done.stderr
    assert database.ask("SELECT count(*) FROM admin_users") == "1"


def test_the_command_writes_a_service_s_files_in_the_catalogue_s_order_or_names_what_is_missing(
    tmp_path,
):
    for name in ("18-admin", "25-admin-settings-ext"):
        table = name.replace("-", "_")
        (tmp_path / f"{name}.sql").write_text(f"CREATE TABLE t{table} (id bigint PRIMARY KEY);")
    run = CliRunner().invoke
    out = tmp_path / "out"
    done = run(app, ["migrate", "adopt", "admin-service", str(tmp_path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.glob("*.up.sql")) == [
        "000001_18-admin.up.sql",
        "000002_25-admin-settings-ext.up.sql",
    ]
    assert run(app, ["migrate", "adopt", "admin-service", str(tmp_path), "-o", str(out)]).exit_code
    refused = run(app, ["migrate", "adopt", "auth-service", str(tmp_path), "-o", str(out / "a")])
    assert refused.exit_code == 2
    assert "01-auth.sql: cannot be read" in refused.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE TABEL x (id int);", "line 1 is no SQL"),
        ("BEGIN;\nCREATE TABLE x (id int);\nCOMMIT;", "line 1 splits the transaction"),
        ("INSERT INTO x VALUES (1);", "makes no table"),
    ],
)
def test_a_file_that_cannot_be_a_migration_is_refused_by_name(text, told):
    with pytest.raises(SettingsError, match=rf"01-auth\.sql: {told}"):
        initial({"01-auth": text})
