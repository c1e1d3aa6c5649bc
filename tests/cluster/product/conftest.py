"""One cluster with the product on it for all tests of this folder: to deploy it takes the time.

One worker runs the folder, in order (`tests/conftest.py`). Each file finds the cluster as the one
before left it, and says what it needs of it.
"""

import pytest

import localcluster
from cli.embedded import nodes_of
from tests.support.deploying import deployer
from tests.support.recording import local

NAME = "product"
LIFETIME_SECONDS = 900


@pytest.fixture(scope="session")
def cluster(cluster_state):
    assert cluster_state
    yield localcluster.up(NAME, nodes_of(local()), lifetime_seconds=LIFETIME_SECONDS)
    localcluster.down(NAME)


@pytest.fixture(scope="session")
def kubectl(cluster, kubectl_for):
    return kubectl_for(cluster)


@pytest.fixture(scope="session")
def deploy(cluster):
    return deployer(cluster)
