"""How long a Job's statements may take: by what they keep others from (issue 8, LOCK-1, R-MIG-4).

Whatever locks gives up soon; what stands alone, an index built CONCURRENTLY or batches, may take
its time, and whoever is killed in it goes on.
"""

import time

import pytest

from tests.support.sessions import ALONE, WAITING, held, until

STATE = "select version, dirty from schema_migrations"
TABLE = {"000001_a.up.sql": "create table a (id bigint primary key, x int);"}
SHORT = {"LOCK_TIMEOUT": "300ms", "STATEMENT_TIMEOUT": "300ms"}
SLOW = """
insert into a values (1), (2);
create function slow(int) returns bool language sql as 'select pg_sleep(0.4) is not null';
alter table a add constraint slow check (slow(x)) not valid;
"""


@pytest.fixture
def hasty(job_of, server):
    """A service whose Job has limits that a test can outlast, at version 1."""

    def hasty(service):
        server.query("postgres", f"drop database if exists manpasik_{service}")
        job = job_of(f"{service}-service")
        job.changes |= SHORT
        job.write(TABLE)
        assert job.whole()[0] == 0
        return job

    return hasty


def test_a_statement_in_a_transaction_ends_by_the_job_s_limit(hasty, server):
    job = hasty("notification")
    job.write(TABLE | {"000002_b.up.sql": "create table b ();\nselect pg_sleep(5);"})
    code, told = job.whole()
    assert code == 1
    assert "statement timeout" in told
    assert server.query("manpasik_notification", STATE) == "2|t"
    assert server.query("manpasik_notification", "select to_regclass('b') is null") == "t"


def test_a_file_s_own_limit_counts_so_a_long_validation_ends_well(hasty, server):
    job = hasty("notification")
    own = "-- mpk:class expand\nset local statement_timeout = '10s';\n"
    validate = "alter table a validate constraint slow;"
    job.write(TABLE | {"000002_b.up.sql": SLOW, "000003_c.up.sql": own + validate})
    began = time.monotonic()
    code, told = job.whole()
    assert code == 0, told
    assert time.monotonic() - began > 0.8, "longer than the Job's limit"
    assert server.query("manpasik_notification", STATE) == "3|f"


@pytest.mark.parametrize("statement", ["create index concurrently a_x on a (x)",
                                       "-- drops what the version before used\n"
                                       "drop index concurrently a_y"])  # fmt: skip
def test_an_index_may_wait_longer_than_a_lock(hasty, server, statement):
    job, database = hasty("notification"), "manpasik_notification"
    server.query(database, "create index a_y on a (x)")
    job.write(TABLE | {"000002_i.up.sql": f"{statement};"})
    job.before()
    with held(server, database, "insert into a values (9)"):
        process = job.migrate()
        until(server, database, WAITING)
        time.sleep(0.7)
        assert process.poll() is None, "it waits beyond the limits of the other files"
    assert "2/u i" in process.communicate(timeout=20)[0]
    assert server.query(database, STATE) == "2|f"


BATCHES = """-- mpk:class migrate
DO $$
DECLARE mpk_next bigint;
BEGIN
  CREATE TABLE IF NOT EXISTS came AS SELECT 0::bigint AS n;
  COMMIT;
  WHILE (SELECT n FROM came) < 3 LOOP
    UPDATE came SET n = n + 1;
    INSERT INTO a SELECT n FROM came;
    COMMIT;
    PERFORM pg_advisory_xact_lock(79) WHERE (SELECT n FROM came) = 2;
    COMMIT;
  END LOOP;
  DROP TABLE came;
END $$;
"""


def test_batches_commit_in_the_job_and_a_killed_run_goes_on_where_it_ended(hasty, server):
    job, database = hasty("notification"), "manpasik_notification"
    job.write(TABLE | {"000002_fill.up.sql": BATCHES})
    job.before()
    with held(server, database, "select pg_advisory_xact_lock(79)"):
        process = job.migrate()
        until(server, database, WAITING)
        process.kill()
        process.communicate()
        until(server, database, ALONE)
    assert server.query(database, "select count(*) from a") == "2", "what was committed stays"
    code, told = job.whole()
    assert code == 0, told
    assert "goes on where it ended" in told
    assert server.query(database, "select array_agg(id) from a") == "{1,2,3}", "none twice"
