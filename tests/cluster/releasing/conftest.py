"""A cluster with two services for all tests of this folder: a release needs room beside the old.

The product's own cluster (`tests/cluster/product`) is full: what a release adds waits for a node.
"""

import pytest

import localcluster
from cli.embedded import nodes_of
from tests.support.deploying import deployer
from tests.support.recording import local

NAME = "releasing"
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
