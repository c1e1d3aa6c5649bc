"""What Argo CD is told, against the traps that the real one showed (decision 0049)."""

import pytest

from tests.support.later import objects

PHASES = (3, 4)


def applications(phase):
    found = [each for each in objects(phase=phase) if each["kind"] == "Application"]
    return {each["metadata"]["name"]: each["spec"] for each in found}


def paths(spec):
    return [path for each in spec["ignoreDifferences"] for path in each["jqPathExpressions"]]


@pytest.mark.parametrize("phase", PHASES)
def test_the_project_lets_every_object_into_its_namespace(phase):
    """One that is refused keeps its whole Application from ever being applied."""
    found = objects(phase=phase)
    (project,) = [each for each in found if each["kind"] == "AppProject"]
    allowed = {each["namespace"] for each in project["spec"]["destinations"]}
    used = {each["metadata"].get("namespace") for each in found} - {None}
    assert used - allowed == set()


@pytest.mark.parametrize("phase", PHASES)
def test_no_sync_respects_an_ignored_entry_of_a_list(phase):
    """It would take the whole list from the live object: what git says of it never arrives."""
    for name, spec in applications(phase).items():
        respected = "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]
        assert not (respected and any("[]" in path for path in paths(spec))), f"{name}: W-3"


def test_the_colour_in_a_service_s_selector_is_left_alone_by_syncs():
    spec = applications(4)["manpasik-auth-service"]
    assert '.spec.selector."rollouts-pod-template-hash"' in paths(spec)
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"], "W-2"


@pytest.mark.parametrize("phase", PHASES)
def test_a_number_of_pods_in_git_comes_through(phase):
    """Where an autoscaler has it git says none, and nothing is to be ignored (W-1)."""
    assert not any("replicas" in path for s in applications(phase).values() for path in paths(s))


def test_the_root_leaves_a_stopped_sync_stopped():
    spec = applications(3)["manpasik"]
    assert paths(spec) == [".spec.syncPolicy.automated"]
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"], "D-12"


@pytest.mark.parametrize("phase", PHASES)
def test_a_commit_that_mends_does_not_wait_behind_the_retries_of_the_failing_one(phase):
    assert all(s["syncPolicy"]["retry"]["refresh"] for s in applications(phase).values())
