"""The class of a migration, on which the release gate stands (R-MIG-6, pitfall M-4)."""

import pytest

from schema import Kind, classify, from_texts

BEFORE = {
    "000001_a.up.sql": "CREATE TABLE d (id bigint PRIMARY KEY, n varchar(20) NOT NULL, m int, "
    "CONSTRAINT c CHECK (m > 0), CONSTRAINT u UNIQUE (n));"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;"
}
EXPAND, MIGRATE, CONTRACT, IRREVERSIBLE = Kind
CASES = [
    (EXPAND, "SELECT 1"),
    (EXPAND, "SET LOCAL lock_timeout = '1s'; LOCK TABLE d IN ACCESS EXCLUSIVE MODE"),
    (EXPAND, "ALTER TABLE d ADD COLUMN x int"),
    (EXPAND, "ALTER TABLE d ADD COLUMN x int NOT NULL DEFAULT 0"),
    (CONTRACT, "ALTER TABLE d ADD COLUMN x int NOT NULL"),
    (EXPAND, "ALTER TABLE d ALTER n DROP NOT NULL"),
    (CONTRACT, "ALTER TABLE d ALTER m SET NOT NULL"),
    (EXPAND, "ALTER TABLE d ALTER n TYPE varchar(30)"),
    (EXPAND, "ALTER TABLE d ALTER n TYPE text"),
    (IRREVERSIBLE, "ALTER TABLE d ALTER n TYPE varchar(10)"),
    (IRREVERSIBLE, "ALTER TABLE d ALTER m TYPE text"),
    (EXPAND, "ALTER TABLE d ALTER m SET DEFAULT 1"),
    (CONTRACT, "ALTER TABLE d ALTER m DROP DEFAULT"),
    (EXPAND, "ALTER TABLE d DROP CONSTRAINT c"),
    (CONTRACT, "ALTER TABLE d DROP CONSTRAINT u"),
    (CONTRACT, "ALTER TABLE d ADD CHECK (m < 9) NOT VALID"),
    (EXPAND, "ALTER TABLE d VALIDATE CONSTRAINT c"),
    (IRREVERSIBLE, "ALTER TABLE d DROP COLUMN m"),
    (CONTRACT, "ALTER TABLE d RENAME COLUMN m TO k"),
    (CONTRACT, "ALTER TABLE d RENAME TO e"),
    (EXPAND, "ALTER INDEX i RENAME TO j"),
    (EXPAND, "CREATE INDEX CONCURRENTLY i ON d (m)"),
    (CONTRACT, "CREATE UNIQUE INDEX CONCURRENTLY i ON d (m)"),
    (CONTRACT, "DROP INDEX CONCURRENTLY i"),
    (IRREVERSIBLE, "DROP TABLE d"),
    (CONTRACT, "DROP VIEW v"),
    (IRREVERSIBLE, "TRUNCATE d"),
    (MIGRATE, "UPDATE d SET m = 1 WHERE id = 1"),
    (MIGRATE, "INSERT INTO d VALUES (1, 'x', 1)"),
    (IRREVERSIBLE, "DELETE FROM d WHERE id = 1"),
    (IRREVERSIBLE, "WITH gone AS (DELETE FROM d RETURNING 1) SELECT count(*) FROM gone"),
    (EXPAND, "CREATE TABLE e (id bigint); INSERT INTO e VALUES (1); CREATE INDEX ON e (id)"),
    (EXPAND, "CREATE TRIGGER t AFTER INSERT ON d FOR EACH ROW EXECUTE FUNCTION f()"),
    (CONTRACT, "DROP TRIGGER t ON d"),
    (CONTRACT, "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE sql AS 'select 1'"),
    (EXPAND, "ALTER TYPE mood ADD VALUE 'calm'"),
    (CONTRACT, "ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'"),
    (CONTRACT, "REVOKE SELECT ON d FROM reader"),
    (EXPAND, "GRANT SELECT ON d TO reader"),
    (MIGRATE, "DO $$ BEGIN UPDATE d SET m = 1; END $$"),
    (IRREVERSIBLE, "DO $$ BEGIN DROP TABLE d; END $$"),
    (IRREVERSIBLE, "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'd'; END $$"),
    (IRREVERSIBLE, "DO LANGUAGE plpython3u $$ pass $$"),
    (IRREVERSIBLE, "this is no SQL"),
    (IRREVERSIBLE, "ALTER SYSTEM SET work_mem = '1MB'"),
]


def verdict(up, down=""):
    folder = from_texts(BEFORE | {"000002_b.up.sql": up, "000002_b.down.sql": down})
    return classify(folder)[folder.migrations[1]]


@pytest.mark.parametrize(("kind", "sql"), CASES, ids=[sql for _, sql in CASES])
def test_each_statement_has_the_class_of_what_it_does_to_the_version_before(kind, sql):
    assert verdict(sql).kind is kind


def test_a_file_has_the_class_of_its_strictest_statement_and_says_why_line_by_line():
    found = verdict("ALTER TABLE d ADD COLUMN x int;\nALTER TABLE d RENAME COLUMN m TO k;")
    assert [(r.kind, r.line) for r in found.reasons] == [(EXPAND, 1), (CONTRACT, 2)]
    assert found.takes == ("d.m",)


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("DROP TABLE d", "CREATE TABLE d (id bigint); INSERT INTO d SELECT id FROM e"),
        ("ALTER TABLE d DROP COLUMN m", "ALTER TABLE d ADD COLUMN m int; UPDATE d SET m = k"),
    ],
)
def test_what_the_way_back_brings_back_whole_is_a_contract_and_not_irreversible(up, down):
    assert verdict(up, down).kind is CONTRACT
    assert verdict(up, down.partition(";")[0]).kind is IRREVERSIBLE, "empty is not brought back"


def test_what_cannot_be_read_says_so_and_gets_the_strictest_class():
    found = verdict("DO $$ BEGIN EXECUTE 'x'; END $$")
    assert (found.kind, found.analysed) == (IRREVERSIBLE, False)
    assert verdict("SELECT 1").analysed
