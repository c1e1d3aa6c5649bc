"""`mpk migrate plan | status | up | down 1` on a real PostgreSQL (R-MIG-6, M-2, M-4; issue 8)."""

import pytest

from tests.operations.test_schema_gate import cluster
from tests.support.mending import Migrated

LIMITS = "SET LOCAL lock_timeout = '500ms';\nSET LOCAL statement_timeout = '5s';\n"
A = {
    "000001_a.up.sql": "-- mpk:class expand\nCREATE TABLE a (id bigint PRIMARY KEY, x text);",
    "000001_a.down.sql": "DROP TABLE a;",
}
MORE = {
    "000002_more.up.sql": f"-- mpk:class expand\n{LIMITS}ALTER TABLE a ADD COLUMN y text;",
    "000002_more.down.sql": f"{LIMITS}ALTER TABLE a DROP COLUMN y;",
}
NEEDED = {
    "000003_needed.up.sql": f"-- mpk:class contract\n{LIMITS}ALTER TABLE a ALTER y SET NOT NULL;",
    "000003_needed.down.sql": f"{LIMITS}ALTER TABLE a ALTER y DROP NOT NULL;",
}
NULLABLE = "select is_nullable from information_schema.columns where column_name = 'y'"


@pytest.fixture
def auth(server, tmp_path):
    """auth-service with an empty database."""
    server.query("postgres", "drop database if exists manpasik_auth")
    server.query("postgres", "create database manpasik_auth")
    found = Migrated(server, "auth-service", tmp_path)
    found.write(A | MORE)
    return found


def test_an_empty_database_takes_all_and_says_where_it_stands(auth):
    assert [e["name"] for e in auth.json("plan", "auth-service")["pending"]] == ["a", "more"]
    assert "1/u a" in auth.ok("up", "auth-service").stderr
    told = auth.json("status", "auth-service")
    assert (told["version"], told["dirty"], told["witness"]) == (2, False, "2 up")
    assert told["pending"] == []
    assert "nothing to do" in auth.ok("up", "auth-service").stdout


def test_without_a_cluster_an_expand_goes_and_a_contract_waits_unless_a_person_answers(auth):
    auth.write(A)
    auth.ok("up", "auth-service")
    auth.write(A | MORE)
    auth.ok("up", "auth-service")
    auth.write(A | MORE | NEEDED)
    refused = auth.mpk("up", "auth-service")
    assert refused.exit_code == 2
    assert "the cluster (name it with --stack) does not answer" in refused.stderr
    assert auth.ask(NULLABLE) == "YES"
    plan = auth.mpk("plan", "auth-service")
    assert plan.exit_code == 1
    assert "000003_needed, contract (takes a.y); down 1 restores it" in plan.stdout
    auth.ok("up", "auth-service", "--nobody-runs")
    assert auth.ask(NULLABLE) == "NO"


def test_down_1_undoes_a_contract_and_not_what_a_version_may_use(auth):
    auth.write(A | MORE | NEEDED)
    auth.ok("up", "auth-service")
    auth.ok("down", "1", "auth-service")
    assert (auth.ask(NULLABLE), auth.state()) == ("YES", "2|f")
    assert auth.json("status", "auth-service")["witness"] == "3 down"
    refused = auth.mpk("down", "1", "auth-service")
    assert refused.exit_code == 2
    assert "its way back takes column a.y" in refused.stderr
    assert auth.state() == "2|f"
    auth.ok("down", "1", "auth-service", "--nobody-runs")
    assert auth.state() == "1|f"


def test_a_cluster_that_is_named_is_asked_who_reads_and_remembers_the_step_down(auth, monkeypatch):
    held = cluster(2, 3, old_pods=1)
    monkeypatch.setattr("cli.migrate_target.cluster_of", lambda *_: held)
    auth.write(A | MORE | NEEDED)
    auth.ok("up", "auth-service")
    auth.ok("down", "1", "auth-service", "--stack", "local")
    refused = auth.mpk("up", "auth-service", "--stack", "local")
    assert "000003_needed, contract (takes a.y)" in refused.stderr
    monkeypatch.setattr("cli.rollback.cluster_of", lambda *_: held)
    assert held.objects["ConfigMap", "manpasik-schema-local-auth-service"]
    told = auth.json("plan", "auth-service", "--stack", "local")
    assert told["gate"]["action"] == "refuse"


def test_a_file_that_fails_ends_with_what_the_doctor_found(auth):
    auth.write(A | {"000002_more.up.sql": "CREATE TABLE b (); SELECT 1 / 0;"})
    failed = auth.mpk("up", "auth-service")
    assert failed.exit_code == 1
    assert "nothing of its file is in" in failed.stderr
    assert f"mpk migrate repair auth-service --version 1 --database {auth.address}" in failed.stderr
    assert "first needs" in auth.mpk("up", "auth-service").stderr, "and nothing runs before that"


BAD = {
    "no service": (["status", "auth-servic"], "did you mean 'auth-service'?"),
    "no schema": (["status", "gateway"], "SERVICE = gateway: has no schema"),
    "more than one step": (["down", "2", "auth-service"], "COUNT = 2: is not allowed; allowed: 1"),
    "all the way down": (["down", "-all", "auth-service"], "COUNT = -all|No such option"),
    "no address": (["status", "auth-service", "--database", "x"], "--database = x: is no address"),
    "another product": (
        ["status", "auth-service", "--database", "mysql://u:planted@h/d"],
        "--database = mysql://u:…@h/d: is no address of a PostgreSQL"),
    "no database in it": (
        ["status", "auth-service", "--database", "postgresql://h"], "names no database"),
    "no folder": (["plan", "auth-service", "--files", "/nowhere"], "/nowhere: is not a folder"),
    "nothing to repair": (["repair", "auth-service"], "is not dirty: there is nothing to repair"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "told"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_nothing_is_changed(auth, words, told):
    done = auth.mpk(*words)
    assert done.exit_code == 2, done.output
    assert any(each in done.stderr for each in told.split("|")), done.stderr
    assert "Traceback" not in done.output
    assert "planted" not in done.output
    assert auth.ask("select to_regclass('schema_migrations') is null") == "t"


def test_what_is_missing_is_named(auth):
    assert "--database: is missing" in auth.mpk("doctor", "auth-service", MPK_DATABASE="").stderr


def test_a_database_that_lets_nobody_in_is_one_sentence_without_the_password(auth):
    wrong = auth.address.replace("@", ":planted@")
    done = auth.mpk("status", "auth-service", "--database", wrong, PGPASSWORD="")
    assert done.exit_code == 3
    assert "does not let us in" in done.stderr
    assert "planted" not in done.output
