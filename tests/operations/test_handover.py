"""A service that begins to scale keeps the pods it has (W-1)."""

import copy

import pytest

from operations.handover import handed_over

PLACE = {"name": "auth-service", "namespace": "manpasik"}
WRITTEN = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": PLACE,
    "spec": {"replicas": 3, "minReadySeconds": 10},
}
SCALED = {**WRITTEN, "spec": {"minReadySeconds": 10}}


def live(manager="mpk", **fields):
    owned = {"f:spec": fields or {"f:replicas": {}}}
    found = copy.deepcopy(WRITTEN)
    found["metadata"] |= {"managedFields": [{"manager": manager, "fieldsV1": owned}]}
    return found


def test_what_the_program_wrote_and_writes_no_more_is_kept_first():
    kept = handed_over(live(), SCALED)
    assert kept == {**SCALED, "spec": {"replicas": 3}}, "an apply would let it fall to 1"


@pytest.mark.parametrize(
    ("before", "content"),
    [
        pytest.param(None, SCALED, id="nothing-is-there-yet"),
        pytest.param(live(), WRITTEN, id="the-program-still-writes-it"),
        pytest.param(live("kube-controller-manager"), SCALED, id="another-wrote-it"),
        pytest.param(live(**{"f:paused": {}}), SCALED, id="the-program-wrote-another-field"),
        pytest.param(live(), {**SCALED, "kind": "StatefulSet"}, id="a-kind-nobody-contests"),
    ],
)
def test_nothing_else_is_kept(before, content):
    assert handed_over(before, content) is None
