"""What releases and rollbacks ask about the schema (R-MIG-2, R-MIG-6, M-4; issue 8, line 4)."""

import dataclasses

import pytest

from operations import records, schema_gate, schema_notes
from operations.records import Record, ServiceChange
from operations.refusal import RefusedError
from operations.schema_moves import Move
from operations.schema_situation import lives
from operations.workloads import read
from settings import load
from tests.support.held_objects import Held
from tests.support.rollouts import SERVICE, deployment, replica_set, rollout

TABLE = "-- mpk:class expand\nCREATE TABLE devices (id bigint PRIMARY KEY, note text);"
LIMITS = "SET LOCAL lock_timeout = '500ms';\nSET LOCAL statement_timeout = '5s';\n"
ALTER = "ALTER TABLE devices"
RENAMED = "-- mpk:step rename-table devices->meters"
FILES = {
    "000001_devices": (TABLE, "DROP TABLE devices;"),
    "000002_more": (
        f"-- mpk:class expand\n{LIMITS}{ALTER} ADD COLUMN more text;",
        f"{LIMITS}{ALTER} DROP COLUMN more;",
    ),
    "000003_needed": (
        f"-- mpk:class contract\n{LIMITS}{ALTER} ALTER COLUMN more SET NOT NULL;",
        f"{LIMITS}{ALTER} ALTER COLUMN more DROP NOT NULL;",
    ),
    "000004_gone": (
        f"-- mpk:class irreversible\n{LIMITS}{ALTER} DROP COLUMN note;",
        f"{LIMITS}{ALTER} ADD COLUMN note text;",
    ),
}


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / SERVICE
    folder.mkdir()
    for name, (up, down) in FILES.items():
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
    return tmp_path


def settings(schema):
    found = load("local")
    service = found.services[SERVICE].model_copy(update={"schema_files": ("file",) * schema})
    return dataclasses.replace(
        found, catalog=found.catalog.model_copy(
            update={"services": {**found.catalog.services, SERVICE: service}})
    )  # fmt: skip


def cluster(*schemas, old_pods=0, jobs=(), live=None):
    """The service at v1, v2, … with these schemas; the last one runs."""
    live = live or deployment(f"v{len(schemas)}")
    sets = [
        replica_set(n, f"v{n}", f"h{n}", schema=schema, kind=live["kind"])
        for n, schema in enumerate(schemas, 1)
    ]
    for n, each in enumerate(sets, 1):
        each |= {"kind": "ReplicaSet"}
        each["status"] = {"replicas": 1 if n == len(sets) else old_pods}
    return Held(live, *sets, *jobs)


def job(schema, created="2026-01-01T00:00:00Z", **status):
    metadata = {
        "name": f"{SERVICE}-migrate-{schema}", "creationTimestamp": created,
        "labels": {"app.kubernetes.io/name": f"{SERVICE}-migration"},
        "annotations": {"manpasik.com/schema-version": str(schema)},
    }  # fmt: skip
    return {"kind": "Job", "metadata": metadata, "status": status}


def record(schema, outcome, id_="20260101-1"):
    found = Record(id_, "local", "release", "v", "me", "", "2026-01-01T00:00:00Z")
    found.services = {SERVICE: ServiceChange("rolling", "a", "v", schema, outcome)}
    return found


def ask(held, schema, files):
    schema_gate.before_release(held, settings(schema), "v9", [SERVICE], files)


def back(held, target, present):
    move = Move(service=SERVICE, present=present, target=target, version="v1")
    return schema_gate.judge(held, settings(present))(move)


def test_an_expand_goes_and_the_files_are_noted_for_the_way_back(files):
    held = cluster(1)
    ask(held, 2, files)
    noted = schema_notes.read(held, "local", SERVICE)
    assert [each.number for each in noted.changes] == [1, 2, 3, 4]
    assert noted.changes == schema_gate.read_changes(settings(2), SERVICE, files)


def test_a_contract_under_the_version_before_is_refused_and_nothing_is_noted(files):
    held = cluster(2)
    with pytest.raises(RefusedError, match="000003_needed, contract") as refused:
        ask(held, 3, files)
    assert str(refused.value).startswith("nothing was changed; the schema stands against v9")
    assert schema_notes.read(held, "local", SERVICE) is None


def test_a_schema_that_moves_without_files_is_refused_one_that_stays_goes():
    with pytest.raises(RefusedError, match="migrations that nobody read"):
        ask(cluster(1), 2, None)
    ask(cluster(2), 2, None)


def test_what_runs_at_this_moment_is_waited_for(files):
    with pytest.raises(RefusedError, match="waits: A migration of auth-service runs"):
        ask(cluster(1, jobs=[job(2, active=1)]), 2, files)


@pytest.mark.parametrize("evidence", ["a job that failed", "a record that failed"])
def test_a_release_that_failed_is_no_proof_that_its_contract_is_in(files, evidence):
    held = cluster(2, jobs=[job(3, failed=1)] if "job" in evidence else [])
    if "record" in evidence:
        records.write(held, record(3, "failed"))
    with pytest.raises(RefusedError, match="000003_needed"):
        ask(held, 3, files)


def test_code_goes_back_past_an_expand_and_not_past_a_loss(files):
    held = cluster(1, 2)
    assert "is not known" in back(held, 1, 2), "nobody read the files"
    ask(held, 2, files)
    assert back(held, 1, 2) is None
    held = cluster(1, 2, 4)
    schema_notes.keep(held, "local", SERVICE, schema_gate.read_changes(settings(4), SERVICE, files))
    assert back(held, 2, 4).startswith("forward: v1 needs what 000003_needed")


def test_past_a_contract_the_step_down_is_named_and_once_it_ran_code_goes_back(files):
    held = cluster(2, 3)
    read = schema_gate.read_changes(settings(3), SERVICE, files)
    schema_notes.keep(held, "local", SERVICE, read)
    why = back(held, 2, 3)
    assert why.startswith("down 1: ")
    assert why.endswith("First: mpk migrate down 1 auth-service --stack local")
    schema_notes.keep(held, "local", SERVICE, read, applied=2)
    assert back(held, 2, 3) is None


def test_a_job_after_the_step_down_brings_the_contract_in_again(files):
    held = cluster(2, 3, jobs=[job(3, created="2126-01-01T00:00:00Z", succeeded=1)])
    read = schema_gate.read_changes(settings(3), SERVICE, files)
    schema_notes.keep(held, "local", SERVICE, read, applied=2)
    assert back(held, 2, 3).startswith("down 1: ")


def test_how_far_a_failed_job_came_matters_only_where_it_takes_something(files):
    failed = {"conditions": [{"type": "Failed", "status": "True"}]}
    for newest, freezes in ((2, False), (3, True)):
        held = cluster(1, newest, jobs=[job(newest, **failed)])
        read = schema_gate.read_changes(settings(newest), SERVICE, files)
        schema_notes.keep(held, "local", SERVICE, read)
        why = back(held, 1, newest)
        assert (why is not None and why.startswith("freeze: ")) is freezes
        assert not freezes or "mpk migrate doctor auth-service --stack local" in why


@pytest.mark.parametrize(
    ("live", "roles"),
    [
        (deployment("v2"), ["current 1", "old 2"]),
        (rollout("v2", stableRS="h1", currentPodHash="h2"), ["canary 1", "stable 2 held"]),
        (rollout("v2", stableRS="h2", currentPodHash="h2"), ["stable 1", "old 2"]),
        (rollout("v2", {"blueGreen": {}}, blueGreen={"activeSelector": "h1"}, stableRS="h1",
                 currentPodHash="h2"), ["preview 1", "active 2 held"]),
    ],
)  # fmt: skip
def test_each_revision_that_serves_or_can_be_aborted_to_is_a_reader(live, roles):

    workload = read(cluster(1, 2, old_pods=2, live=live), [SERVICE])[SERVICE]
    found = lives(workload, "kr")
    assert [f"{e.role} {e.pods}" + " held" * e.held for e in found] == roles
