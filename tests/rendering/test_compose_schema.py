"""The script that loads the schema, run on a real PostgreSQL as the compose file hands it over.

The SQL files are stand-ins: each makes a table of its own, and those that collide or refer to
another in the product do so here (hazards DB-01 to DB-03).
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from rendering.compose_schema import SQL_FOLDER
from settings import load
from settings.names import database
from tests.support.compose import services
from tests.support.postgres import postgres
from tests.support.servers import BIN

SCHEMA_FILES = {s.name: s.schema_files for s in load("local").services.values() if s.schema_files}
LIKE_THE_PRODUCT = {
    "01-auth": "create type role as enum ('user'); create table users (id int primary key);",
    "02-user": "create table subscriptions (id int);",
    "05-subscription": "create table subscriptions (status text); "
    "create index on subscriptions (status);",
    "18-admin": "create table admin_users (id int references users);",
    "25-admin-settings-ext": "alter table admin_users add column note text;",
}


@pytest.fixture(scope="module")
def folder():
    # PostgreSQL's socket lies here: a longer path would be too long for one.
    made = Path(tempfile.mkdtemp(prefix="mpk-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def server(folder):
    given = services("local")["postgres"]["environment"]
    with postgres(folder, given["POSTGRES_USER"], given["POSTGRES_PASSWORD"]) as found:
        yield found


@pytest.fixture
def product(tmp_path):
    """The product's SQL files: those of the catalogue, and one that nobody loads."""
    for files in SCHEMA_FILES.values():
        for name in files:
            sql = LIKE_THE_PRODUCT.get(name, f'create table "{name}" (id int);')
            (tmp_path / f"{name}.sql").write_text(sql)
    (tmp_path / "02-device.sql").write_text("this is no SQL;")
    return tmp_path


@pytest.fixture
def load_schema(product, server):
    def run():
        """The one-off container `schema`, but for the host's name and TLS."""
        words = services("local")["schema"]
        *shell, script = words["entrypoint"]
        there = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGSSLMODE": "disable"}
        return subprocess.run(
            [*shell, script.replace(f"folder={SQL_FOLDER}", f"folder={product}")],
            env={**words["environment"], **there, "PATH": f"{BIN}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def loaded(load_schema, server):
    """The server with every schema in it; a test may have dropped one database."""
    done = load_schema()
    assert (done.returncode, done.stderr) == (0, "")
    return server


def tables(server, database):
    query = "select tablename from pg_tables where schemaname = 'public' order by 1"
    return server.query(database, query).splitlines()


def test_each_service_has_its_own_files_in_its_own_database(loaded):
    for service, files in SCHEMA_FILES.items():
        if not LIKE_THE_PRODUCT.keys() & set(files):
            wanted = sorted([*files, "schema_migrations"])
            assert tables(loaded, database(service)) == wanted, "DB-01, DB-02"
    assert tables(loaded, "manpasik_user") == ["schema_migrations", "subscriptions"]


def test_a_guest_s_files_follow_the_owner_s_into_the_owner_s_database(loaded):
    assert "manpasik_admin" not in loaded.databases()
    wanted = ["admin_users", "schema_migrations", "schema_migrations_admin", "users"]
    assert tables(loaded, "manpasik_auth") == wanted, "admin refers to a table of auth (DB-03)"


def test_the_count_is_kept_where_the_gate_of_the_pods_looks(loaded):
    for service, files in SCHEMA_FILES.items():
        guest = service == "admin-service"
        table = "schema_migrations_admin" if guest else "schema_migrations"
        name = "manpasik_auth" if guest else database(service)
        assert loaded.query(name, f"table {table}") == f"{len(files)}|f", service


def test_a_second_run_loads_nothing(loaded, load_schema):
    loaded.query("manpasik_shop", 'insert into "06-shop" values (7)')
    again = load_schema()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert loaded.query("manpasik_shop", 'select * from "06-shop"') == "7"


def test_a_file_that_breaks_leaves_nothing_of_itself_and_is_named(loaded, load_schema, product):
    loaded.query("postgres", "drop database manpasik_reservation")
    file = product / "16-reservation.sql"
    sound = file.read_text()
    file.write_text(sound + "create table broken (id nonsense);")
    done = load_schema()
    assert done.returncode != 0
    assert 'type "nonsense" does not exist' in done.stderr
    assert "16-reservation.sql:1" in done.stderr
    assert tables(loaded, "manpasik_reservation") == ["schema_migrations"]
    file.write_text(sound)
    assert load_schema().stdout.splitlines()[0] == "manpasik_reservation: 16-reservation.sql"


def test_a_file_that_is_not_there_stops_it(loaded, load_schema, product):
    loaded.query("postgres", "drop database manpasik_video")
    (product / "21-video.sql").unlink()
    done = load_schema()
    assert done.returncode != 0
    assert "21-video.sql: No such file" in done.stderr


def test_a_file_that_comes_later_is_loaded_then(loaded, load_schema):
    loaded.query("manpasik_prescription", "update schema_migrations set version = 1")
    loaded.query("manpasik_prescription", 'drop table "24-prescription-fulfillment"')
    assert load_schema().stdout == "manpasik_prescription: 24-prescription-fulfillment.sql\n"


def test_the_entrypoint_of_postgresql_can_take_it_into_itself(loaded, product, folder, tmp_path):
    """It sources the file under bash's strict mode, over the socket, and goes on afterwards."""
    loaded.query("postgres", "drop database manpasik_video")
    given = services("local")["postgres"]["environment"]
    script = given["FILE_DOCKER_ENTRYPOINT_INITDB_D_SCHEMA_SH"]
    file = tmp_path / "schema.sh"
    file.write_text(script.replace(f"folder={SQL_FOLDER}", f"folder={product}"))
    done = subprocess.run(
        ["/bin/bash", "-c", f'set -Eeo pipefail; . {file}; echo "goes on$nothing"'],
        env={
            "POSTGRES_USER": given["POSTGRES_USER"], "PGPASSWORD": given["POSTGRES_PASSWORD"],
            "PGHOST": str(folder), "PGPORT": str(loaded.port),
            "PATH": f"{BIN}:{os.environ['PATH']}",
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "manpasik_video: 21-video.sql\ngoes on\n"


def test_the_script_of_both_containers_is_the_same():
    found = services("local")
    first = found["postgres"]["environment"]["FILE_DOCKER_ENTRYPOINT_INITDB_D_SCHEMA_SH"]
    assert found["schema"]["entrypoint"] == ["sh", "-euc", first]
