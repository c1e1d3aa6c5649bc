"""An apply beside controllers: their parts are kept, a person's never overwritten (W-1, W-3)."""

import copy

import pytest

from operations.cluster import ConflictError
from operations.shared import (
    AheadOfSyncError,
    apply_shared,
    take_over,
    with_previous_version,
    with_theirs,
)
from settings.ownership import CONTESTED, ignored_differences
from tests.support.later import of_kind

HASH = "rollouts-pod-template-hash"


def auth(kind, phase=3):
    """Asked for by a test: recorded while the tests are collected, each worker would do it."""
    return of_kind(kind, phase=phase)["auth-service"]


def mid_canary(content):
    live = copy.deepcopy(content)
    live["metadata"]["resourceVersion"] = "7"
    if live["kind"] == "VirtualService":
        for each, weight in zip(live["spec"]["http"][0]["route"], (75, 25), strict=True):
            each["weight"] = weight
    elif live["kind"] == "DestinationRule":
        for each in live["spec"]["subsets"]:
            each["labels"][HASH] = f"hash-of-{each['name']}"
    else:
        live["spec"]["selector"][HASH] = "active"
    return live


@pytest.mark.parametrize(
    ("kind", "phase"), [("VirtualService", 3), ("DestinationRule", 3), ("Service", 4)]
)
def test_weights_hashes_and_the_active_colour_are_taken_from_the_live_object(kind, phase):
    content = auth(kind, phase)
    live = mid_canary(content)
    assert with_theirs(live, content)["spec"] == live["spec"]
    assert with_theirs(None, content) == content


def test_an_automatic_sync_that_was_switched_off_stays_off():
    """Deployed again after a rollback, it would bring the bad version back (D-12)."""
    wanted = of_kind("Application", phase=3)["manpasik-auth-service"]
    live = copy.deepcopy(wanted)
    del live["spec"]["syncPolicy"]["automated"]
    assert with_theirs(live, wanted)["spec"] == live["spec"]
    assert with_theirs(copy.deepcopy(wanted), wanted) == wanted


def test_what_the_program_changed_beside_a_weight_still_changes():
    wanted = copy.deepcopy(auth("VirtualService"))
    wanted["spec"]["http"][0]["timeout"] = "9s"
    found = with_theirs(mid_canary(auth("VirtualService")), wanted)["spec"]["http"][0]
    assert found["timeout"] == "9s"
    assert [each["weight"] for each in found["route"]] == [75, 25]


def test_a_route_that_names_no_subsets_takes_no_weights():
    colours = of_kind("VirtualService", phase=4)["auth-service"]
    assert with_theirs(mid_canary(auth("VirtualService")), colours) == colours, "3 to 4"


class Api:
    """A cluster that refuses as told and remembers what was applied."""

    def __init__(self, live, *refusals):
        self.live, self.refusals, self.applied = live, list(refusals), []

    def get(self, *_):
        return self.live

    def apply(self, content, *, force=False, manager="mpk"):
        self.applied.append((content, force, manager))
        if self.refusals and not force:
            raise ConflictError(self.refusals.pop(0))
        return content


def test_a_weight_that_moves_while_it_is_applied_is_read_again():
    api = Api(
        mid_canary(auth("VirtualService")),
        "Operation cannot be fulfilled: the object has been modified",
    )
    apply_shared(api, auth("VirtualService"))
    seen = [content["metadata"]["resourceVersion"] for content, *_ in api.applied]
    assert seen == ["7", "7"], "applied to exactly what was seen"


def test_a_controller_s_ownership_of_a_whole_list_is_no_conflict():
    api = Api(mid_canary(auth("VirtualService")), 'conflict with "rollouts-controller": .spec.http')
    found = apply_shared(api, auth("VirtualService"))
    assert [force for _, force, _ in api.applied] == [False, True]
    assert [each["weight"] for each in found["spec"]["http"][0]["route"]] == [75, 25]


def test_a_weight_that_moved_is_no_word_of_git_where_argo_cd_follows_it():
    """Seen on a busy machine: the conflict of a field comes before that of the object."""
    live = mid_canary(auth("VirtualService"))
    live["metadata"]["managedFields"] = [{"manager": "argocd-controller"}]
    moved = copy.deepcopy(live)
    moved["metadata"]["resourceVersion"] = "8"
    api = Api(live, 'conflict with "rollouts-controller": .spec.http')
    states = iter([live, moved, moved])
    api.get = lambda *_: next(states)
    apply_shared(api, auth("VirtualService"))
    seen = [(found["metadata"]["resourceVersion"], force) for found, force, _ in api.applied]
    assert seen == [("7", False), ("8", False)]


@pytest.mark.parametrize("words", [
    'conflict with "kubectl-edit": .spec.http',
    'conflicts with "rollouts-controller": .spec.http; conflicts with "kubectl-edit": .spec.hosts',
])  # fmt: skip
def test_what_a_person_wrote_is_never_overwritten(words):
    api = Api(mid_canary(auth("VirtualService")), words)
    with pytest.raises(ConflictError):
        apply_shared(api, auth("VirtualService"))
    assert not any(force for _, force, _ in api.applied)


@pytest.mark.parametrize(("kind", "words", "followed"), [
    ("HorizontalPodAutoscaler", 'conflict with "argocd-controller": .spec.minReplicas', False),
    ("VirtualService", 'conflicts with "argocd-controller": .spec.http', False),
    ("VirtualService", 'conflict with "rollouts-controller": .spec.http', True),
])  # fmt: skip
def test_argo_cd_is_waited_for_and_never_written_over(kind, words, followed):
    """It would put git's state back, and with it the weights of a canary (0071, W-3)."""
    content = auth(kind)
    live = mid_canary(content) if kind == "VirtualService" else content
    if followed:
        live["metadata"]["managedFields"] = [{"manager": "argocd-controller"}]
    api = Api(live, words)
    with pytest.raises(AheadOfSyncError, match=r"Where git is ahead, pull; .* push it"):
        apply_shared(api, content)
    assert not any(force for _, force, _ in api.applied)


def test_other_kinds_are_applied_as_they_are():
    api = Api(None)
    assert apply_shared(api, auth("Rollout")) is auth("Rollout")


def test_a_rollout_takes_over_with_the_pods_that_its_deployment_had():
    api = Api(None)
    take_over(api, auth("Rollout"), 12)
    (first, _, ours), (kept, _, handover) = api.applied
    assert first["spec"]["replicas"] == kept["spec"]["replicas"] == 12, "W-1"
    assert (ours, handover) == ("mpk", "mpk-handover")
    assert kept["spec"] == {"replicas": 12}, "only what another writes from now on"


def version(tag, previous=None):
    found = copy.deepcopy(auth("Rollout"))
    found["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry:5000/auth:{tag}"
    if previous:
        found["metadata"]["annotations"] = {"manpasik.com/previous-version": previous}
    return found


@pytest.mark.parametrize(("live", "wanted"), [
    (None, None), (("v1",), "v1"), (("v2", "v1"), "v1"), (("v2",), None),
])  # fmt: skip
def test_a_rollout_knows_the_version_before_it(live, wanted):
    live = version(*live) if live else None
    found = with_previous_version(live, version("v2"))["metadata"].get("annotations", {})
    assert found.get("manpasik.com/previous-version") == wanted, "R-P3-ABORT"


def test_argo_cd_is_told_to_leave_alone_by_path_what_others_write():
    found = {each["kind"]: each for each in ignored_differences({c.kind for c in CONTESTED})}
    assert found["VirtualService"]["jqPathExpressions"] == [".spec.http[].route[].weight"], "W-3"
    assert found["Service"]["jqPathExpressions"] == [f'.spec.selector."{HASH}"']
    assert found["DestinationRule"]["jqPathExpressions"] == [f'.spec.subsets[].labels."{HASH}"']
    assert not any("managedFieldsManagers" in each for each in found.values()), "#3854"
