"""Services that a killed release left at different versions, and the way out (issue 6, line 9)."""

import pytest

from operations import split
from operations.records import Record, ServiceChange, Stage
from operations.refusal import RefusedError
from operations.releasable import refuse_unfit
from operations.status import Row, Status, advice
from tests.operations.test_releasable import plan, workload
from tests.support.rollouts import deployment

ALIKE = {"gateway": "v2", "auth-service": "v2", "shop-service": "v2"}


def test_services_that_run_what_their_file_says_are_not_split():
    assert split.split(ALIKE, ALIKE) == {}


def test_a_service_with_a_version_of_its_own_in_the_file_is_meant_to_differ():
    declared = ALIKE | {"shop-service": "v1"}
    assert split.split(declared, declared) == {}


def test_versions_that_differ_where_one_was_meant_are_told_by_service():
    found = split.split(ALIKE | {"auth-service": "v1"}, ALIKE)
    assert found == {"v1": ["auth-service"], "v2": ["gateway", "shop-service"]}
    assert split.told(found) == "v1: auth-service; v2: gateway, shop-service"
    assert split.told({"v1": list("abcdef")}) == "v1: a, b, c, d and 2 more"


def row(service, version):
    return Row(service=service, version=version, declared="v2", strategy="rolling", step="",
               weight=None, pods="1/1", analysis="", phase="ready", message="")  # fmt: skip


def killed(action="release", **targets):
    services = {name.replace("_", "-"): ServiceChange("rolling", "v1", to)
                for name, to in targets.items()}  # fmt: skip
    stages = [Stage("rollout", "then")]
    return Record("1", "local", action, "v2", "me", "", "then", services=services, stages=stages)


def status(last, running, **more):
    declared = dict.fromkeys(running, "v2")
    return Status(stack="local", rows=[row(*each) for each in running.items()], missing=[],
                  holder=None, last=last, split=split.split(running, declared),
                  declared=declared, **more)  # fmt: skip


DIVIDED = {"gateway": "v2", "auth-service": "v1"}


def test_after_a_killed_release_both_ways_out_of_the_split_are_named():
    found = status(killed(gateway="v2", auth_service="v2"), DIVIDED)
    assert not found.healthy
    assert advice(found) == [
        "the release of v2 begun then by me was interrupted in its stage `rollout`: 1 of 2 "
        "services are at it",
        "split: v1: auth-service; v2: gateway",
        "go on: mpk release v2 --stack local",
        "or back: mpk rollback --all --stack local",
    ]


def test_of_a_release_of_some_services_these_are_named():
    found = status(killed(gateway="v2"), DIVIDED)
    assert "go on: mpk release v2 --stack local --service gateway" in advice(found)


def test_nothing_goes_back_where_nothing_had_moved():
    found = status(killed(gateway="v3", auth_service="v3"), dict.fromkeys(DIVIDED, "v2"))
    assert [line[:6] for line in advice(found)] == ["the re", "go on:"]


def test_a_killed_rollback_goes_on_to_each_of_its_versions():
    found = status(killed("rollback", gateway="v1", auth_service="v0"), DIVIDED)
    assert advice(found)[2:] == [
        "go on: mpk rollback auth-service --to v0 --stack local",
        "go on: mpk rollback gateway --to v1 --stack local",
    ]


def test_a_split_without_an_interrupted_command_is_brought_together_by_what_the_file_says():
    together = ["split: v1: auth-service; v2: gateway", "together: mpk release v2 --stack local"]
    assert advice(status(None, DIVIDED)) == together
    assert "mpk release" not in advice(status(None, DIVIDED, gitops=True))[1], "Argo CD's to do"


def test_a_release_that_would_leave_a_killed_one_s_services_behind_is_refused():
    with pytest.raises(RefusedError) as error:
        refuse_unfit(
            plan(), workload(deployment("v1.0.0")), killed(auth_service="v2", gateway="v2")
        )
    assert "gateway would stay as it left them; first: mpk release v2 --stack" in str(error.value)
    refuse_unfit(plan(), workload(deployment("v1.0.0")), killed(auth_service="v2"))
