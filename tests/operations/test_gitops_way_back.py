"""A way back beside Argo CD: automatic sync off first, and what to do before it goes on (D-12)."""

from unittest.mock import Mock

import pytest

from operations.gitops import stop_syncing

ON = {"automated": {"selfHeal": True}}


def stopped(policy, revision="4f2a91c"):
    application = {"spec": {"syncPolicy": policy}, "status": {"sync": {"revision": revision}}}
    cluster = Mock()
    cluster.get.return_value = application if policy is not None else None
    return stop_syncing(cluster, ["auth-service"]), cluster.merge.call_args_list


def test_automatic_sync_goes_off_and_the_commit_to_revert_is_named():
    (told,), (call,) = stopped(ON)
    place, change = call.args
    assert (place.kind, place.name) == ("Application", "manpasik-auth-service")
    assert change == {"spec": {"syncPolicy": {"automated": None}}}
    assert "Revert the commit 4f2a91c in git, and only then" in told


@pytest.mark.parametrize("policy", [None, {}, {"syncOptions": ["ServerSideApply=true"]}])
def test_where_there_is_none_nothing_is_touched(policy):
    assert stopped(policy) == ([], [])
