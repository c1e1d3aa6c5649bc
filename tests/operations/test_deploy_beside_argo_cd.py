"""A deployment that comes before Argo CD's sync waits for it, and says why where it waits in vain.

(Issue 6, line 5: the program and Argo CD write the same objects without a conflict. 0071.)
"""

from operations import deploy
from operations.cluster import ConflictError
from operations.deploy import Deployment
from rendering import Manifest
from tests.support.later import of_kind

REFUSAL = 'conflict with "argocd-controller": .spec.minAvailable'


def budget():
    """The auth-service's."""
    return of_kind("PodDisruptionBudget", phase=3)["auth-service"]


class Api:
    """A cluster on which Argo CD applies the push after some looks."""

    def __init__(self, refusals):
        self.refusals, self.forced = refusals, []

    def get(self, *_):
        return None

    def list(self, *_, **__):
        return []

    def apply(self, content, *, force=False, **_):
        if content["kind"] == "ConfigMap":
            return content
        self.forced.append(force)
        if len(self.forced) <= self.refusals:
            raise ConflictError(REFUSAL)
        return {**content, "metadata": {**content["metadata"], "resourceVersion": "1"}}


def deployed(api, monkeypatch, seconds):
    monkeypatch.setattr(deploy, "POLL_SECONDS", 0)
    monkeypatch.setattr(deploy, "SYNC_SECONDS", seconds)
    found = Manifest(urn="budget", content=budget(), depends_on=frozenset())
    return Deployment(api, "production", [found], partial=True).run(60)


def test_it_is_applied_once_argo_cd_has_applied_the_push(monkeypatch):
    api = Api(refusals=3)
    done = deployed(api, monkeypatch, seconds=60)
    assert done.succeeded
    assert api.forced == [False] * 4


def test_it_is_refused_with_both_remedies_where_git_never_says_it(monkeypatch):
    api = Api(refusals=1000)
    (refused,) = deployed(api, monkeypatch, seconds=-1).failures
    assert (refused.change, api.forced) == ("refused", [False])
    for words in (REFUSAL, "Where git is ahead, pull", "commit the rendered tree"):
        assert words in refused.state.message


def test_the_deployment_s_own_time_ends_the_wait_too(monkeypatch):
    monkeypatch.setattr(deploy, "POLL_SECONDS", 0)
    found = Manifest(urn="budget", content=budget(), depends_on=frozenset())
    (late,) = Deployment(Api(1000), "production", [found], partial=True).run(0).failures
    assert "waits for Argo CD" in late.state.message
