"""When Argo CD applies what (decision 8): configuration, migration, workload; never PreSync."""

import functools

import pytest

from rendering.waves import in_its_wave
from settings.names import WAVE
from tests.support.kustomize import files, objects
from tests.support.later import of_kind


@functools.cache
def apps():
    return {name: text for name, text in files().items() if name.startswith("apps/production/")}


@functools.cache
def waves():
    return {
        known: int(found["metadata"]["annotations"][WAVE])
        for text in apps().values()
        for known, found in objects(text).items()
    }


def of(kind):
    return {wave for (_, found, _, _), wave in waves().items() if found == kind}


def test_everything_says_its_wave():
    assert len(waves()) > 200


@pytest.mark.parametrize("kind", ["ConfigMap", "SealedSecret", "ServiceAccount", "Namespace"])
def test_configuration_comes_first(kind):
    assert of(kind) == {-2}


def test_a_migration_runs_after_its_configuration_and_before_its_service():
    migrations = {wave for (_, kind, name, _), wave in waves().items()
                  if kind == "Job" and "-migrate-" in name}  # fmt: skip
    assert migrations == {-1}, "R-P2-MIG"
    assert of("Deployment") == of("StatefulSet") == {0}


def test_a_job_of_a_store_never_waits_before_the_store():
    jobs = {wave for (space, kind, _, _), wave in waves().items()
            if kind == "Job" and space == "manpasik-data"}  # fmt: skip
    assert jobs == {1}, "it would wait for a store that comes after it"


def test_migrations_alone_are_hooks_and_none_is_one_before_its_configuration():
    hooks = {name: text for name, text in apps().items() if "argocd.argoproj.io/hook:" in text}
    assert {name.rpartition("/")[2] for name in hooks} == {"job.yaml"}
    assert all("argocd.argoproj.io/hook: Sync\n" in text for text in hooks.values())


def test_a_migration_that_failed_is_tried_again_and_one_that_ran_is_kept():
    """As no hook it was left out of the second attempt, which then touched the pods (0071)."""
    jobs = {name for (_, kind, name, _), wave in waves().items() if kind == "Job" and wave == -1}
    assert jobs
    for name in jobs:
        text = apps()[f"apps/production/{name.partition('-migrate-')[0]}/job.yaml"]
        assert "argocd.argoproj.io/hook: Sync\n" in text, "R-MIG-6"
        assert "argocd.argoproj.io/hook-delete-policy: HookFailed\n" in text, "not BeforeCreation"


@pytest.mark.parametrize(("phase", "first", "second"), [
    (3, "DestinationRule", "VirtualService"), (4, "VirtualService", "DestinationRule"),
])  # fmt: skip
def test_a_route_never_leads_to_a_subset_that_is_not_there(phase, first, second):
    early, late = (
        {int(in_its_wave(each)["metadata"]["annotations"][WAVE])
         for name, each in of_kind(kind, phase=phase).items()
         if name in ("auth-service", "gateway")}
        for kind in (first, second)
    )  # fmt: skip
    assert (early, late) == ({-2}, {-1}), "C-5: subsets come before the route and go after it"
