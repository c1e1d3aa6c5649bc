"""The rendered Job's own command line, run by the real golang-migrate on a real PostgreSQL.

Issue 8, acceptance 3 and 6: nothing half-applied goes unnoticed, and what is proven is mended.
"""

import subprocess
import time

import pytest

from tests.support.sessions import WAITING, held, until

STATE = "select version, dirty from schema_migrations"
TABLES = {
    "000001_a.up.sql": "create table a (x int);",
    "000002_b.up.sql": "alter table a add y int default 0;",
}


def test_the_job_s_command_brings_the_schema_in_as_a_role_that_owns_nothing_else(job_of, server):
    job = job_of("shop-service")
    job.write(TABLES)
    code, told = job.whole()
    assert code == 0, told
    assert server.query("manpasik_shop", STATE) == "2|f"
    owner = "select distinct tableowner from pg_tables where schemaname = 'public'"
    assert server.query("manpasik_shop", owner) == "manpasik_shop_migrator"
    rights = "select rolsuper, rolcreatedb, rolcreaterole, rolvaliduntil < now() + '1 h' from "
    role = f"{rights} pg_roles where rolname = 'manpasik_shop_migrator'"
    assert server.query("postgres", role) == "f|f|f|t"
    assert job.whole()[0] == 0, "a second run has nothing to do"


def test_no_password_stands_on_the_job_s_command_line(job_of, server):
    command = " ".join(job_of("shop-service").command(job_of("shop-service").container("migrate")))
    assert server.password not in command
    assert "pgx5://manpasik_shop_migrator@" in command


def test_tables_that_another_role_made_are_taken_over(job_of, server):
    job = job_of("coaching-service")
    job.write(TABLES)
    assert job.whole()[0] == 0
    server.query(
        "manpasik_coaching", "create table old (id serial); create type mood as enum ('a')"
    )
    job.write(
        TABLES | {"000003_c.up.sql": "alter table old add z int; alter type mood rename to m"}
    )
    code, told = job.whole()
    assert code == 0, told


def test_code_that_was_rolled_back_migrates_nothing_and_does_not_fail(job_of, server):
    job = job_of("prescription-service")
    job.write(TABLES)
    assert job.whole()[0] == 0
    job.write(dict(list(TABLES.items())[:1]))
    code, told = job.whole()
    assert code == 0, told
    assert "the schema is at 2, this version carries 1" in told
    assert server.query("manpasik_prescription", STATE) == "2|f"


def test_a_failed_file_is_proven_out_and_the_next_attempt_goes_on(job_of, server):
    job = job_of("community-service")
    job.write(TABLES | {"000003_c.up.sql": "create table c (x int); select 1 / 0;"})
    assert job.whole()[0] == 1
    assert server.query("manpasik_community", STATE) == "3|t"
    job.write(TABLES | {"000003_c.up.sql": "create table c (x int);"})
    code, told = job.whole()
    assert code == 0, told
    assert "nothing of its file is in" in told
    assert "mpk migrate repair community-service --version 2" in told


def test_what_nothing_proves_stops_the_job_with_the_command_for_a_person(job_of, server):
    job = job_of("family-service")
    job.write(TABLES)
    assert job.whole()[0] == 0
    server.query("manpasik_family", "update schema_migrations set dirty = true")
    server.query("manpasik_family", "comment on table schema_migrations is null")
    code, told = job.whole()
    assert code == 1
    assert "nothing proves whether its file is in" in told
    assert "mpk migrate repair family-service --version VERSION" in told
    assert server.query("manpasik_family", STATE) == "2|t", "nobody guessed"


@pytest.mark.parametrize("invalid", [True, False])
def test_an_index_that_was_half_built_goes_and_is_built_again(job_of, server, invalid):
    job = job_of("video-service")
    index = {"000003_i.up.sql": "create unique index concurrently a_x on a (x);"}
    job.write(TABLES)
    assert job.whole()[0] == 0
    server.query("manpasik_video", "truncate a; insert into a values (1), (1)")
    job.write(TABLES | index)
    assert job.whole()[0] == 1, "two rows are alike"
    assert server.query("manpasik_video", STATE) == "3|t"
    server.query("manpasik_video", "truncate a")
    if not invalid:
        server.query("manpasik_video", "drop index a_x")
    code, told = job.whole()
    assert code == 0, told
    assert ("half built" in told) is invalid
    valid = "select indisvalid from pg_index where indexrelid = 'a_x'::regclass"
    assert server.query("manpasik_video", valid) == "t"
    server.query("manpasik_video", "drop index a_x; update schema_migrations set version = 2")


def test_a_lock_held_by_a_long_query_ends_the_attempt_and_blocks_no_reader(job_of, server):
    job = job_of("telemedicine-service")
    job.write(dict(list(TABLES.items())[:1]))
    assert job.whole()[0] == 0
    job.write(TABLES)
    job.before()
    with held(server, "manpasik_telemedicine", "lock table a in access share mode"):
        began = time.monotonic()
        told = job.migrate().communicate(timeout=20)[0]
        assert "lock timeout" in told
        assert time.monotonic() - began < 10
        assert job.step("preflight").returncode == 0, "proven out at once"
    assert job.whole()[0] == 0


def test_two_jobs_at_once_migrate_once_and_the_second_waits(job_of, server):
    job = job_of("reservation-service")
    job.write(TABLES | {"000003_c.up.sql": "select pg_advisory_xact_lock(77); create table c ();"})
    job.before()
    with held(server, "manpasik_reservation", "select pg_advisory_xact_lock(77)"):
        first = job.migrate()
        until(server, "manpasik_reservation", WAITING)
        with pytest.raises(subprocess.TimeoutExpired) as waiting:
            job.step("preflight", timeout=1)
        assert b"holds the migration lock" in waiting.value.stdout
    assert "3/u c" in first.communicate(timeout=20)[0]
    assert job.whole()[0] == 0
    assert server.query("manpasik_reservation", STATE) == "3|f"


def test_a_lost_connection_leaves_no_lock_and_nothing_half_in(job_of, server):
    job = job_of("translation-service")
    job.write(TABLES | {"000003_c.up.sql": "create table c (); select pg_advisory_xact_lock(78);"})
    job.before()
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like "
    with held(server, "manpasik_translation", "select pg_advisory_xact_lock(78)"):
        process = job.migrate()
        until(server, "manpasik_translation", WAITING)
        server.query("postgres", f"{kill} 'translation-service-migration'")
        assert "terminating connection" in process.communicate(timeout=20)[0]
    assert server.query("manpasik_translation", STATE) == "3|t"
    code, told = job.whole()
    assert code == 0, told
    assert "nothing of its file is in" in told
