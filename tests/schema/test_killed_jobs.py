"""A Job that is killed at every statement of a migration of five files (issue 8, acceptance 3).

Each statement waits for a lock of its own that the test holds; there the process is killed. Either
the server notices and rolls back, or the lock is free before that and the server goes on alone.
"""

import re

import pytest

from tests.support.sessions import ALONE, WAITING, held, until

FIRST_LOCK = 900
STATEMENTS = {
    "000001_a": ("create table a (x int)", "insert into a values (1)", "create table b (x int)"),
    "000002_b": ("alter table a add y int", "update a set y = 2"),
    "000003_c": ("create table c (x int)", "insert into c select x from a"),
    "000004_d": ("alter table b add z int default 4",),
    "000005_e": ("create view v as select x, y from a", "insert into b values (5)"),
}
PLACES = [(file, n) for file, every in STATEMENTS.items() for n in range(len(every))]


def files(stop=None):
    """The five files; the statement at `stop` waits for its lock first."""
    return {
        f"{name}.up.sql": "\n".join(
            (f"select pg_advisory_xact_lock({FIRST_LOCK});\n" if (name, n) == stop else "")
            + each
            + ";"
            for n, each in enumerate(every)
        )
        for name, every in STATEMENTS.items()
    }


@pytest.fixture
def gate(rendered, server):
    """The init container that keeps a service from starting, as it stands in its Deployment."""

    def starts(service, database):
        (script,) = [
            each["spec"]["template"]["spec"]["initContainers"][0]["command"][2]
            for each in rendered
            if (each["kind"], each["metadata"]["name"]) == ("Deployment", service)
        ]
        asked = re.search(r"select 'there' from \S+ where version >= \d+ and not dirty", script)
        question = asked[0].replace(">= 1 ", f">= {len(STATEMENTS)} ")
        return server.query(database, question) == "there"

    return starts


def test_a_job_killed_at_every_statement_is_noticed_mended_and_ends_whole(job_of, server, gate):
    job, database = job_of("payment-service"), "manpasik_payment"
    for file, n in PLACES:
        job.write(files((file, n)))
        _kill(job, server, database, until_noticed=True)
        assert server.query(database, "select dirty from schema_migrations") == "t", (file, n)
        assert not gate("payment-service", database), "a service would start on half a schema"
        assert _examined(job) == f"payment-service --version {_number(file) - 1}"
    job.write(files())
    assert job.whole()[0] == 0
    _assert_whole(server, database)
    assert gate("payment-service", database)


@pytest.mark.parametrize("file", STATEMENTS)
def test_what_the_server_finished_alone_is_proven_in_and_never_runs_twice(job_of, server, file):
    job, database = job_of("calibration-service"), "manpasik_calibration"
    server.query("postgres", f"drop database if exists {database}")
    job.write(files((file, len(STATEMENTS[file]) - 1)))
    _kill(job, server, database, until_noticed=False)
    assert _examined(job) == f"calibration-service --version {_number(file)}"
    job.write(files())
    assert job.whole()[0] == 0
    _assert_whole(server, database)


def _kill(job, server, database, *, until_noticed):
    """Kill the command where it waits; its lock comes free before or after the server notices."""
    prepared = job.before()
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    with held(server, database, f"select pg_advisory_xact_lock({FIRST_LOCK})"):
        process = job.migrate()
        until(server, database, WAITING)
        process.kill()
        process.communicate()
        if until_noticed:
            until(server, database, ALONE)
    until(server, database, ALONE)


def _examined(job):
    """What the examination mended, as the command that it names."""
    examined = job.step("preflight")
    assert examined.returncode == 0, examined.stdout + examined.stderr
    return re.search(r"mpk migrate repair (.*)", examined.stdout)[1]


def _number(file):
    return int(file.split("_")[0])


def _assert_whole(server, database):
    assert server.query(database, "select version, dirty from schema_migrations") == "5|f"
    assert server.query(database, "select x, y from v") == "1|2"
    assert server.query(database, "select x from c") == "1", "inserted once"
    assert server.query(database, "select x, z from b") == "5|4"
