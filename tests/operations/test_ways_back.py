"""Which revision `mpk rollback` goes back to, and what it refuses (pitfalls C-8, M-4)."""

import pytest

from operations import history
from operations.records import Record, ServiceChange
from operations.refusal import RefusedError
from operations.schema_moves import known_only
from operations.ways_back import find
from operations.workloads import Workload
from tests.support.rollouts import SERVICE, deployment, replica_set, rollout

HISTORY = [("v1", "a"), ("v2", "b"), ("v3", "c")]


def workload(versions=HISTORY, schemas=None, live=None):
    schemas = schemas or [1] * len(versions)
    live = live or deployment(versions[-1][0])
    sets = [
        replica_set(n, version, pod_hash, schema=schema, kind=live["kind"])
        for n, ((version, pod_hash), schema) in enumerate(zip(versions, schemas, strict=True), 1)
    ]
    return Workload(service=SERVICE, live=live, revisions=history.revisions(live, sets))


def record(action="release", before="v1", after="v3", services=(SERVICE,)):
    found = Record("1", "local", action, after, "me", "", "then")
    found.services = {s: ServiceChange("rolling", before, after) for s in services}
    return found


def way(found=None, records=(), *, to=None, every=False, judge=known_only):
    workloads = {SERVICE: found or workload()}
    return find(workloads, [SERVICE], records, to=to, every=every, judge=judge)


def target(*arguments, **options):
    (found,) = way(*arguments, **options).ways
    return found.target.version


def test_without_a_record_it_goes_to_the_revision_before():
    assert target() == "v2"


def test_the_version_before_the_last_release_counts_and_not_the_last_revision():
    assert target(records=[record()]) == "v1", "a repeated release leaves revisions of its own"


def test_a_named_version_is_looked_for_in_the_history():
    assert target(to="v1") == "v1"


def test_a_canary_that_is_being_tried_goes_back_to_its_stable_version():
    tried = rollout("v3", stableRS="a", currentPodHash="c")
    assert target(workload(live=tried), records=[record("rollback", "v1", "v3")]) == "v1"
    assert target(workload(live=tried), to="v3") == "v3", "promoted versions may be named"


def test_of_all_services_those_that_the_last_release_left_alone_stay():
    assert way(records=[record()], every=True).ways
    with pytest.raises(RefusedError, match="nothing to go back to"):
        way(records=[record(services=["shop-service"])], every=True)


def test_of_all_services_those_that_are_there_already_are_left_alone():
    with pytest.raises(RefusedError, match="every service runs v3 already"):
        way(to="v3", every=True)


REFUSED = {
    "it runs already": ({"to": "v3"}, "auth-service runs v3 already"),
    "nobody keeps it": ({"to": "v9"}, "keeps no revision of v9; kept are v3, v2, v1"),
    "a way back that would be taken back": (
        {"records": [record("rollback", "v1", "v3")]}, "rolled back from v1 at then already"),
    "nothing else has run": ({"found": workload([("v1", "a")])}, "has run nothing but v1"),
    "its schema is gone": (
        {"found": workload(schemas=[1, 1, 2]), "to": "v1"}, "its schema moved from 1 to 2 since"),
    "nobody knows its schema": (
        {"found": workload(schemas=[None, None, 2])}, "nobody wrote down which schema"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_gone_back_to_is_refused_by_name(options, message):
    with pytest.raises(RefusedError, match="nothing was changed") as error:
        way(**options)
    assert message in str(error.value)


def test_a_person_may_answer_for_the_schema():
    assert target(workload(schemas=[1, 1, 2]), to="v1", judge=None) == "v1"


def test_a_service_that_is_not_there_is_refused_and_every_refusal_is_told():
    with pytest.raises(RefusedError) as error:
        find({}, ["a-service", "b-service"], [], to=None, every=False, judge=known_only)
    assert "a-service is not deployed" in str(error.value)
    assert "b-service is not deployed" in str(error.value)
