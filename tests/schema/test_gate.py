"""The release gate's table: what lives, which class, which strategy, which region → decision.

Issue 8, acceptance 4; R-MIG-2, R-MIG-3, R-MIG-6, pitfalls M-2 and M-4.
"""

import collections
from pathlib import Path

import pytest
import yaml

from schema import gate
from schema.kinds import Kind
from tests.support.situations import CHANGES, SCHEMA_OF, change, live, situation, told

TABLE = yaml.safe_load(Path(__file__).with_name("gate.yaml").read_text())


def rows(name):
    return pytest.mark.parametrize("row", TABLE[name], ids=[row["what"] for row in TABLE[name]])


@rows("releases")
def test_a_release_goes_waits_or_is_refused(row):
    decision = gate.release_decision(told(row), row["to"], SCHEMA_OF[row["to"]])
    assert decision.action == row["then"], decision.reasons
    assert bool(decision.reasons) is (decision.action != "go"), "whatever does not go says why"


@rows("rollbacks")
def test_a_rollback_goes_one_of_four_ways(row):
    now = told(row)
    decision = gate.rollback_decision(now, row["to"])
    assert decision.way == row["then"], decision.reasons
    assert decision.reasons
    doctor = "mpk migrate doctor device-service" if now.dirty else ""
    commands = {"down 1": "mpk migrate down 1 device-service", "freeze": doctor}
    assert decision.command == commands.get(decision.way, "")


@rows("downs")
def test_a_migration_is_undone_or_it_is_said_why_not(row):
    decision = gate.down_decision(told(row))
    assert decision.action == row["then"], decision.reasons
    assert bool(decision.reasons) is (decision.action != "go")


def test_the_table_holds_every_decision_under_every_strategy_and_more_than_forty_situations():
    every = TABLE["releases"] + TABLE["rollbacks"]
    assert len(every) >= 40
    found = collections.Counter(row["then"] for row in every)
    assert min(found.values()) >= 3, found
    assert {row.get("strategy", "rolling") for row in every} == {"rolling", "canary", "blue-green"}
    assert len({row["what"] for row in every}) == len(every)


def test_a_refusal_names_the_change_what_it_takes_and_the_way_out():
    refused = gate.release_decision(situation([live("v6")]), "v7", SCHEMA_OF["v7"])
    assert refused.reasons == (
        "000008_no-blanks, contract (takes devices.name): nothing says from which release on the "
        "code does without. Make it the last step of a change over several releases (`mpk migrate "
        "new`), or stop the service first.",
    )


def test_a_wait_names_the_version_the_place_and_what_ends_it():
    now = situation([live("v2"), live("v0", region="us")])
    assert gate.release_decision(now, "v3", SCHEMA_OF["v3"]).reasons == (
        "000004_note-dropped, irreversible (takes devices.note): v0 in us (current, 3 pods) still "
        "needs it. Wait until its ReplicaSet is scaled down.",
    )


def test_all_that_refuses_is_told_at_once():
    refused = gate.release_decision(situation([live("v3")], applied=4), "v9", SCHEMA_OF["v9"])
    assert [reason.split("_")[0] for reason in refused.reasons] == ["000006", "000008", "000009"]


def test_a_header_that_is_stricter_than_the_analysis_counts():
    strict = change(11, "kept", Kind.CONTRACT)
    now = situation([live("v9")], changes=(*CHANGES, strict))
    assert gate.release_decision(now, "v10", 11).action == "refuse"
