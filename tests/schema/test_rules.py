"""Each rule's own examples, its page, and squawk beside ours."""

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

from schema import Engine, Kind, classify, from_texts, squawk
from schema.guide import PATH, guide
from schema.lint import lint
from schema.rules import RULES
from schema.rules.examples import BASE, pair, whole
from settings.loader import ROOT

PROGRAM = Path(sys.executable).parent / "squawk"
TODAY = datetime.date(2026, 11, 24)


def found(example, rule):
    engine = Engine.POSTGRES if Engine.POSTGRES in rule.engines else Engine.COCKROACHDB
    return {each.rule for each in lint(from_texts(whole(example), engine=engine), TODAY)}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_bad_example_of_a_rule_breaks_it_and_the_safe_one_breaks_none(rule):
    assert rule.id in found(rule.bad_example, rule)
    assert found(rule.safe_example, rule) == set()


def test_the_page_of_the_rules_says_what_the_rules_say():
    assert (ROOT / PATH).read_text() == guide(), "run: make golden"


def test_squawk_knows_each_rule_that_ours_replaces_and_ours_exists(tmp_path):
    assert set(squawk.REPLACED.values()) <= RULES.keys()
    (tmp_path / "a.sql").write_text("SELECT 1;")
    for names, known in ((squawk.REPLACED.keys() - {"unused-ignore"}, True), ({"nonsense"}, False)):
        command = [PROGRAM, f"--exclude={','.join(names)}", tmp_path / "a.sql"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ("invalid rule name" not in done.stderr) is known, done.stderr


BREAKING = [
    "ALTER TABLE devices DROP COLUMN note",
    "ALTER TABLE devices ALTER COLUMN note DROP DEFAULT",
    "ALTER TABLE devices DROP CONSTRAINT devices_pkey",
    "ALTER TABLE devices ALTER COLUMN id DROP IDENTITY",
    "ALTER TABLE devices ALTER COLUMN id SET GENERATED ALWAYS",
    "ALTER TABLE devices ALTER COLUMN note DROP EXPRESSION",
    "ALTER TABLE devices ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE devices DISABLE TRIGGER ALL",
    "ALTER TABLE devices NO INHERIT owners",
    "ALTER TABLE devices REPLICA IDENTITY NOTHING",
    "ALTER TABLE devices SET SCHEMA other",
    "CREATE POLICY p ON devices USING (true)",
    "ALTER POLICY p ON devices USING (false)",
    "DROP POLICY p ON devices",
    "DROP TRIGGER t ON devices",
    "DROP FUNCTION f()",
    "DROP TYPE t",
    "DROP VIEW v",
    "DROP INDEX CONCURRENTLY i",
    "DROP SEQUENCE s",
    "DROP EXTENSION e",
    "DROP DOMAIN d",
    "ALTER EXTENSION e UPDATE",
    "ALTER FUNCTION f() STRICT",
    "ALTER SEQUENCE s RESTART WITH 1",
    "ALTER DATABASE d SET search_path = x",
    "ALTER ROLE r NOLOGIN",
    "ALTER VIEW v SET (security_barrier = true)",
    "REVOKE SELECT ON devices FROM app",
]


@pytest.fixture(scope="module")
def banned(tmp_path_factory):
    """The lines in which squawk sees a break, with every rule of that kind switched on."""
    file = tmp_path_factory.mktemp("squawk") / "all.sql"
    file.write_text(";\n".join(BREAKING) + ";\n")
    names = ",".join(name for name in squawk.REPLACED if name.startswith("ban-"))
    command = [PROGRAM, "--reporter", "json", f"--include={names}", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {f["line"] for f in json.loads(done.stdout) if f["rule_name"].startswith("ban-")}


@pytest.mark.parametrize(("line", "sql"), list(enumerate(BREAKING)), ids=BREAKING)
def test_what_squawk_says_may_break_clients_that_run_is_at_least_a_contract(line, sql, banned):
    folder = from_texts(BASE | pair(f"{sql};", timeouts=False))
    assert line in banned, "squawk finds nothing in it: the case is no case"
    assert classify(folder)[folder.migrations[1]].kind >= Kind.CONTRACT


def test_what_a_newer_squawk_may_find_is_told_even_without_words_of_ours(monkeypatch):
    monkeypatch.setattr(squawk, "_run", lambda *_: '[{"file": "000001_a.up.sql", "line": 0, '
        '"rule_name": "ban-everything", "message": "No.", "help": null}]')  # fmt: skip
    assert {each.rule for each in lint(from_texts(BASE), TODAY)} == {"squawk:ban-everything"}
