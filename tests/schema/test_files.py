import datetime

import pytest

from schema import Engine, from_texts, read
from schema.directives import read_header
from schema.statements import parse
from settings.problems import SettingsError


def test_up_and_down_of_one_number_are_one_migration_in_the_order_of_the_numbers():
    names = ("000010_b.up.sql", "000002_a.down.sql", "000002_a.up.sql")
    folder = from_texts(dict.fromkeys(names, "select 1"))
    assert [(m.number, m.name, len(m.files)) for m in folder.migrations] == [
        (2, "a", 2),
        (10, "b", 1),
    ]
    assert folder.latest == 10


@pytest.mark.parametrize("name", ["1-a.up.sql", "000001_a.sql", "a.up.sql", "000001_a.UP.sql"])
def test_a_file_that_golang_migrate_passes_over_is_kept_as_a_stray(name):
    assert from_texts({name: "select 1"}).strays == (name,)


def test_a_statement_knows_its_line_also_after_korean_words_and_comments():
    text = "-- 측정\n\nSELECT '혈압'; /* x;\n */ SELECT\n 2;\nSELECT 3"
    assert [(s.line, s.sql) for s in parse(text).statements] == [
        (3, "SELECT '혈압'"),
        (4, "SELECT\n 2"),
        (6, "SELECT 3"),
    ]


def test_a_text_that_is_no_sql_says_on_which_line_it_breaks():
    broken = parse("SELECT 1;\n-- 주석\nSELEC 2;").broken
    assert broken
    assert (broken.line, broken.message) == (3, 'syntax error at or near "SELEC"')


def test_words_of_cockroachdb_are_opaque_there_and_break_elsewhere():
    texts = {"000001_a.up.sql": "SELECT 1;\nUPSERT INTO t VALUES (1); SELECT 2"}
    (found,) = from_texts(texts, engine=Engine.COCKROACHDB).migrations
    assert [(s.kind, s.line) for s in found.up.statements] == [
        ("SelectStmt", 1), ("Opaque", 2), ("SelectStmt", 2),
    ]  # fmt: skip
    (elsewhere,) = from_texts(texts).migrations
    assert elsewhere.up.broken.line == 2


def test_what_a_file_says_of_itself_is_read_at_its_head_only():
    head = read_header(
        "-- words\n-- mpk:class contract\n-- mpk:step drop-column t.c 2/3\n"
        "-- mpk:waive R-MIG-4 until 2027-01-31: forty rows\nSELECT 1;\n-- mpk:class expand\n"
    )
    assert (head.kind, head.step.number, head.step.target) == ("contract", 2, "t.c")
    assert head.waivers[0].until == datetime.date(2027, 1, 31)
    assert [line for line, _ in head.faults] == [6]


@pytest.mark.parametrize(
    "line",
    [
        "class enlarge", "klass expand", "step drop-column t.c 4/3", "waive R-MIG-4: no day",
        "waive R-MIG-4 until 2027-02-30: no such day", "waive R-MIG-4 until 2027-01-31:",
    ],
)  # fmt: skip
def test_a_directive_that_says_nothing_is_a_fault_with_its_form(line):
    (fault,) = read_header(f"-- mpk:{line}").faults
    assert fault[0] == 1
    assert "-- mpk:" in fault[1] or "allowed:" in fault[1]


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match="nowhere: is not a folder"):
        read(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path):
    (tmp_path / "000001_a.up.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"000001_a\.up\.sql: cannot be read"):
        read(tmp_path)
