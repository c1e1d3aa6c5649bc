"""A real control plane for the tests that need one, gone when they are done.

Each run (and each worker of a parallel run) has its own state directory and its own cluster, never
the user's. The cluster's lifetime is bounded: it ends by itself should pytest be killed.
"""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import localcluster
from localcluster import processes, record

LIFETIME_SECONDS = 1800
WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Kubectl:
    """The built kubectl, bound to one cluster and never to the user's."""

    cluster: localcluster.Cluster

    def __call__(self, *arguments: str, stdin: object = None) -> str:
        """Its stdout; its stderr is in the failure. `stdin` is sent as JSON."""
        done = subprocess.run(
            [self.cluster.kubectl, "--kubeconfig", self.cluster.kubeconfig, *arguments],
            input=None if stdin is None else json.dumps(stdin),
            env={"HOME": str(self.cluster.kubeconfig.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """An object or a list, parsed."""
        return json.loads(self("get", *arguments, "-o", "json"))

    def eventually(self, *arguments: str, holds: Callable[[Any], bool]) -> Any:
        """What `get` answers as soon as it holds."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds(found := self.get(*arguments)):
            assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {found}"
            time.sleep(0.25)
        return found


@pytest.fixture(scope="session")
def cluster_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state directory of this run's clusters; at the end nothing of them is left."""
    state = tmp_path_factory.mktemp("state")
    before = os.environ.get("MANPASIK_STATE")
    os.environ["MANPASIK_STATE"] = str(state)
    yield state
    left = [each for child in state.glob("clusters/*") for each in processes.running(child)]
    names = sorted(child.name for child in state.glob("clusters/*"))
    if before is None:
        del os.environ["MANPASIK_STATE"]
    else:
        os.environ["MANPASIK_STATE"] = before
    assert (names, left) == ([], []), "a test left its cluster behind"


@pytest.fixture(scope="session")
def cluster(cluster_state: Path) -> Iterator[localcluster.Cluster]:
    """A cluster shared by the tests of this run; leave it as you found it."""
    assert cluster_state
    yield localcluster.up("shared", lifetime_seconds=LIFETIME_SECONDS)
    localcluster.down("shared")
    assert processes.running(record.directory_of("shared")) == []


@pytest.fixture(scope="session")
def kubectl_for() -> type[Kubectl]:
    """kubectl for any cluster: `kubectl_for(cluster)`."""
    return Kubectl


@pytest.fixture(scope="session")
def kubectl(cluster: localcluster.Cluster) -> Kubectl:
    """kubectl for the shared cluster."""
    return Kubectl(cluster)


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A fresh namespace, and everything in it gone afterwards."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")
