"""The table of mistakes and their safe twins (acceptance 1 of issue 8), in cases/*.yaml."""

import datetime
from collections import Counter
from pathlib import Path

import pytest
import yaml

from schema import Engine, classify, from_texts
from schema.lint import lint
from schema.rules import OWN, RULES
from schema.rules.examples import BASE, TIMEOUTS

FOLDER = Path(__file__).parent / "cases"
TODAY = datetime.date(2026, 11, 24)
REFUSING = "DO $$ BEGIN RAISE EXCEPTION 'not here'; END $$;"
ENTRIES = [
    entry for path in sorted(FOLDER.glob("*.yaml")) for entry in yaml.safe_load(path.read_text())
]
PAIRS = [entry for entry in ENTRIES if "files" not in entry]
BAD = [(f"{e['rule']} {i}", e) for i, e in enumerate(PAIRS)]
SAFE = [(f"{e['rule']} {i}", e) for i, e in enumerate(PAIRS) if "safe" in e]
NAMES = [(f"{e['rule']} {i}", e) for i, e in enumerate(ENTRIES) if "files" in e]


def files(entry, steps):
    """The folder of an entry: BASE, then a migration for each step."""
    texts = dict(BASE)
    for number, each in enumerate(steps if isinstance(steps, list) else [steps], 2):
        step = each if isinstance(each, dict) else {"up": each, "head": ""}
        head = f"-- mpk:step {step['head']}" if step["head"] else entry.get("head", "")
        parts = ("-- mpk:class CLASS", head, timeouts(entry, step["up"]), step["up"])
        texts[f"{number:06}_case.up.sql"] = "\n".join(part for part in parts if part)
        down = entry.get("down", REFUSING)
        if down is not None:
            plain = down.startswith(("SET", "--", "DROP INDEX", REFUSING))
            texts[f"{number:06}_case.down.sql"] = down if plain else TIMEOUTS + down
    return texts


def timeouts(entry, up):
    if "timeouts" in entry:
        return "\n".join(f"{each};" for each in entry["timeouts"])
    alone = "CONCURRENTLY" in up or "VACUUM" in up or "COMMIT; " in up or "COMMIT;\n" in up
    return "" if alone or entry.get("engine") else TIMEOUTS.rstrip()


def linted(entry, texts):
    engine = Engine(entry.get("engine", "postgres"))
    stated = {}
    for migration, verdict in classify(from_texts(texts, engine=engine)).items():
        word = entry.get("class", verdict.kind.word)
        line = f"-- mpk:class {word}" if word else "-- words"
        stated[migration.up.name] = migration.up.text.replace("-- mpk:class CLASS", line)
    return lint(from_texts(texts | stated, engine=engine), TODAY)


@pytest.mark.parametrize("entry", [e for _, e in BAD], ids=[name for name, _ in BAD])
def test_each_mistake_is_found_by_its_rule_at_its_line_and_by_no_other(entry):
    steps = entry["bad"] if isinstance(entry["bad"], list) else [entry["bad"]]
    found = linted(entry, files(entry, steps))
    assert {each.rule for each in found} == {entry["rule"], *entry.get("also", ())}, found
    first = next(each for each in found if each.rule == entry["rule"])
    assert first.file == f"{len(steps) + 1:06}_case.{entry.get('file', 'up')}.sql"
    if "line" in entry:
        assert first.line == entry["line"]


@pytest.mark.parametrize("entry", [e for _, e in SAFE], ids=[name for name, _ in SAFE])
def test_the_safe_twin_of_each_mistake_raises_no_alarm(entry):
    keep = {key: entry[key] for key in ("engine", "timeouts") if key in entry}
    assert linted(keep, files(keep, entry["safe"])) == []


@pytest.mark.parametrize("entry", [e for _, e in NAMES], ids=[name for name, _ in NAMES])
def test_names_and_numbers_that_golang_migrate_trips_over_are_found(entry):
    texts = {}
    for name, text in entry["files"].items():
        texts[name] = f"-- mpk:class expand\n{text};"
        if ".up." in name and "-" not in name:
            texts[name.replace(".up.", ".down.")] = REFUSING
    found = lint(from_texts({n: t for n, t in (BASE | texts).items() if ".sql" in n}), TODAY)
    assert {each.rule for each in found} == ({entry["rule"]} if entry["rule"] else set()), found
    if entry["rule"]:
        assert tuple(entry["at"]) in {(each.file, each.line) for each in found}


def test_the_table_is_large_enough_and_every_rule_of_ours_has_its_mistakes():
    cases = len(BAD) + len(SAFE) + len(NAMES)
    assert cases >= 150, cases
    counts = Counter(entry["rule"] for entry in ENTRIES)
    assert {rule.id: counts[rule.id] for rule in OWN if counts[rule.id] < 3} == {}
    assert counts.keys() - RULES.keys() == {""}
