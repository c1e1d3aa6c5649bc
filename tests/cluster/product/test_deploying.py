"""The recorded product on a real API server: order, failure of one, repair, pruning, adoption.

The tests of this file build on each other, from the first broken deployment on: each leaves the
cluster as the next one finds it.
"""

import pytest

from tests.support.recording import local

pytestmark = pytest.mark.cluster
BROKEN = {"shop-service": {"image_tag": "v0.0.0-broken"}}
LEFT_OUT = {"video-service": {"enabled": False}, "vision-service": {"enabled": False}}


def changed(outcome):
    return {(p.kind, p.name) for p in outcome.objects if p.change in ("created", "changed")}


def available(kubectl):
    found = kubectl.get("deployments", "--namespace", "manpasik")["items"]
    return {
        item["metadata"]["name"]
        for item in found
        if any(
            c["type"] == "Available" and c["status"] == "True" for c in item["status"]["conditions"]
        )
    }


def test_a_broken_image_fails_by_name_while_the_other_22_become_ready(deploy, kubectl):
    outcome = deploy(local(**BROKEN))
    assert not outcome.succeeded
    (failure,) = outcome.failures
    assert (failure.kind, failure.name) == ("Deployment", "shop-service")
    assert "ErrImagePull" in failure.state.message or "ImagePullBackOff" in failure.state.message
    assert any("pull" in event.lower() for event in failure.events), "the last events are missing"
    assert len(available(kubectl) - {"shop-service"}) == 22


def test_the_mended_deployment_touches_that_service_only(deploy, kubectl):
    outcome = deploy(local())
    assert outcome.succeeded, [p.state for p in outcome.failures]
    assert changed(outcome) == {("Deployment", "shop-service")}
    assert len(available(kubectl)) == 23


def test_every_job_is_complete_and_every_claim_is_bound(kubectl):
    jobs = kubectl.get("jobs", "--all-namespaces")["items"]
    assert len(jobs) == 22, "21 migrations and the topics"
    assert all(job["status"].get("succeeded") == 1 for job in jobs)
    claims = kubectl.get("pvc", "--all-namespaces")["items"]
    assert {claim["status"]["phase"] for claim in claims} == {"Bound"}


def test_a_second_deployment_changes_nothing(deploy):
    outcome = deploy(local())
    assert outcome.succeeded
    assert not outcome.changed, changed(outcome)


def test_no_pod_started_before_its_migration_was_done(kubectl):
    finished = {
        job["metadata"]["name"].split("-migrate-")[0]: job["status"]["completionTime"]
        for job in kubectl.get("jobs", "--namespace", "manpasik")["items"]
    }
    for pod in kubectl.get("pods", "--namespace", "manpasik")["items"]:
        service = pod["metadata"]["labels"]["app.kubernetes.io/name"]
        if service in finished:
            assert pod["metadata"]["creationTimestamp"] >= finished[service], "R-P2-MIG"


def test_a_change_made_by_hand_is_put_right(deploy, kubectl):
    kubectl("scale", "deployment/video-service", "--namespace", "manpasik", "--replicas", "2")
    outcome = deploy(local(), force=True)
    assert changed(outcome) == {("Deployment", "video-service")}
    video = kubectl.get("deployment", "video-service", "--namespace", "manpasik")
    assert video["spec"]["replicas"] == 1


def test_a_change_made_by_hand_stops_a_deployment_that_may_not_force(deploy, kubectl):
    kubectl("scale", "deployment/video-service", "--namespace", "manpasik", "--replicas", "2")
    outcome = deploy(local())
    (failure,) = outcome.failures
    assert "conflict" in failure.state.message.lower()
    assert "kubectl" in failure.state.message, "who owns the field is not named"


def test_what_left_the_program_is_pruned_and_nothing_else(deploy, kubectl):
    outcome = deploy(local(**LEFT_OUT), force=True)
    assert outcome.succeeded
    pruned = {name.rsplit("/", 1)[1].split("-migrat")[0] for name in outcome.pruned}
    assert pruned == LEFT_OUT.keys()
    assert len(available(kubectl)) == 21


def test_an_object_of_somebody_else_is_not_taken_over_by_accident(deploy, kubectl):
    foreign = ("deployment", "vision-service", "--namespace", "manpasik")
    kubectl("create", *foreign, "--image", "foreign:1")
    outcome = deploy(local(**{"video-service": {"enabled": False}}))
    failed = {(p.kind, p.name): p for p in outcome.failures}
    assert failed.keys() == {("Deployment", "vision-service")}
    assert "--adopt" in failed["Deployment", "vision-service"].state.message, "A-5"
    kubectl("delete", *foreign)


def test_a_rollout_is_undone_by_kubectl_as_the_specification_says(deploy, kubectl):
    deploy(local(**{"auth-service": {"image_tag": "v2.0.0"}}), force=True)
    undo = ("rollout", "undo", "deployment/auth-service", "--namespace", "manpasik")
    kubectl(*undo)
    auth = kubectl.get("deployment", "auth-service", "--namespace", "manpasik")
    (container,) = auth["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "ghcr.io/manpasik/auth-service:latest", "R-P2-ROLL"
