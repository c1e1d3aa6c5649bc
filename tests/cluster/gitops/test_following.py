"""The real Argo CD follows the rendered tree of one rolling service (issue 6, line 6; D-12).

The whole course, canaries beside everybody who writes, is `python -m bench.gitops`. The tests build
on each other.
"""

from dataclasses import replace

import pytest

import localcluster
from cli.embedded import nodes_of
from drill import argocd, gitops
from drill.product import Tempo
from drill.repository import Repository
from localcluster import crds, processes, record
from operations import rollback
from operations.cluster import Cluster
from operations.deploy import Deployment
from operations.shared import apply_shared
from rendering import manifests
from rendering import record as recorded
from rendering.recorder import reveal
from settings import load
from settings.loader import load_catalog
from tests.support import runbook

pytestmark = pytest.mark.cluster
NAME, AUTH = "gitops", "auth-service"
LIFETIME_SECONDS, WAIT_SECONDS = 900, 240
ON = ("--sync-policy", "automated", "--self-heal", "--auto-prune")
OFF = {n: {"enabled": False} for n in load_catalog().services.keys() - {"gateway", AUTH}}
OURS = (("Namespace", None), ("PriorityClass", None), ("AppProject", None),
        ("Application", f"manpasik-{AUTH}"))  # fmt: skip


@pytest.fixture(scope="module")
def following(cluster_state, tmp_path_factory):
    assert cluster_state
    repository = Repository(tmp_path_factory.mktemp("gitops"))
    given = {"environment": "production", "gitops": True, "images": {"tag": "v1.0.0"},
             "services": OFF, "repository": {"url": repository.url}}  # fmt: skip
    settings = load("production", given)
    up = localcluster.up(NAME, nodes_of(settings), lifetime_seconds=LIFETIME_SECONDS)
    crds.install(up, crds.crds("argo-cd"))
    api = Cluster(str(up.kubeconfig))
    declare(api, settings)
    running = argocd.start(NAME, settings)
    found = {each.part for each in processes.running(record.directory_of(NAME))}
    assert set(argocd.PARTS) <= found, "what is not found outlives the cluster"
    yield gitops.GitOps(cluster=api, argocd=running, repository=repository,
                        given=given, tempo=Tempo(min_ready_seconds=1))  # fmt: skip
    localcluster.down(NAME)
    assert processes.running(record.directory_of(NAME)) == []


def declare(api, settings):
    """What the program declares around the service, Argo CD's own objects among it."""
    found = manifests(recorded(settings))
    for kind, name in OURS:
        for each in found:
            if each.kind == kind and name in (None, each.name):
                apply_shared(api, reveal(each.content))


def live(following):
    return following.cluster.get("apps/v1", "Deployment", AUTH, "manpasik")


def version(following):
    (container,) = live(following)["spec"]["template"]["spec"]["containers"]
    return container["image"].rpartition(":")[2]


def at(tag):
    return {"images": {"tag": tag}}


def test_a_commit_is_detected_migrated_and_then_rolled_out(following):
    files = gitops.tree(following.settings(**at("v1.0.1")), following.tempo)
    commit = following.repository.commit(files, "nobody tells Argo CD of it")
    following.until_runs(AUTH, commit, WAIT_SECONDS)
    assert version(following) == "v1.0.1"
    (job,) = following.cluster.list("batch/v1", "Job", "manpasik")
    ended, made = job["status"]["completionTime"], live(following)["metadata"]["creationTimestamp"]
    assert ended <= made, "R-MIG-6: wave -1"


def test_a_deployment_that_begins_with_the_push_waits_for_its_sync(following):
    """It was refused with a conflict, or wrote over Argo CD (0071; issue 6, line 5)."""
    commit = following.commit("v1.0.2", **at("v1.0.2"))
    declared = manifests(recorded(following.settings(**at("v1.0.2"))))
    found = [replace(each, content=following.tempo.of(each.content))
             for each in declared if (each.kind, each.name) == ("Deployment", AUTH)]  # fmt: skip
    done = Deployment(following.cluster, "production", found, partial=True, adopt=True)
    assert [each.state.message for each in done.run(WAIT_SECONDS).failures] == []
    following.until_runs(AUTH, commit, WAIT_SECONDS)
    assert version(following) == "v1.0.2"


def test_a_rollback_of_argo_cd_is_refused_while_it_syncs_by_itself(following):
    refused = following.argocd("app", "rollback", f"manpasik-{AUTH}")
    assert refused.returncode != 0
    assert "auto-sync is enabled" in refused.stderr, "D-12"


def test_switched_off_it_goes_back_and_switched_on_again_brings_the_version_back(following):
    name, bad = f"manpasik-{AUTH}", following.application(AUTH)["status"]["sync"]["revision"]
    said = [("set", name, "--sync-policy", "none"), ("history", name), ("rollback", name)]
    done = [following.argocd("app", *words) for words in said]
    assert [each.returncode for each in done] == [0, 0, 0], done
    assert version(following) == "v1.0.1"
    assert following.argocd("app", "set", name, *ON).returncode == 0
    following.until_runs(AUTH, bad, WAIT_SECONDS)
    assert version(following) == "v1.0.2", "the runbook: revert in git first (W-6)"


def test_mpk_rollback_switches_it_off_and_a_deployment_does_not_switch_it_on(following):
    bad = following.application(AUTH)["status"]["sync"]["revision"]
    settings = following.settings(**at("v1.0.2"))
    done = rollback.course(
        following.cluster, settings, rollback.Wanted(services=[AUTH], timeout_seconds=WAIT_SECONDS)
    )
    assert done.result.succeeded
    assert version(following) == "v1.0.1"
    assert f"Revert the commit {bad} in git" in done.record.notes[0]
    declare(following.cluster, settings)
    assert not gitops.state_of(following.application(AUTH)).automated, "D-12, W-6"


def test_after_the_revert_in_git_it_is_switched_on_again_and_finds_nothing_to_do(following):
    before = live(following)["metadata"]["generation"]
    commit = following.commit("back", **at("v1.0.1"))
    assert following.argocd("app", "set", f"manpasik-{AUTH}", *ON).returncode == 0
    following.until_runs(AUTH, commit, WAIT_SECONDS)
    assert version(following) == "v1.0.1"
    assert live(following)["metadata"]["generation"] == before, "no pod was made anew"


def test_argo_cd_s_command_line_knows_what_the_runbook_types(following):
    for command in runbook.of("argocd"):
        words = command.split(" ")[1:]
        asked = [word for word in words if word.startswith("--")]
        shown = following.argocd(*words[:2], "--help").stdout
        assert " ".join(["argocd", *words[:2]]) in shown, command
        assert all(f"{flag} " in shown or f"{flag}=" in shown for flag in asked), command
