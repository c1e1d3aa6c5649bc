"""A cluster with two services for all tests of this folder: a release needs room beside the old.

The product's own cluster (`tests/cluster/product`) is full: what a release adds waits for a node.
"""

import pytest

import localcluster
from cli.embedded import nodes_of
from operations.cluster import Cluster
from operations.deploy import Deployment
from rendering import manifests, record
from settings.secrets import stack_seed
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
    def deploy(settings, **options):
        live = Cluster(str(cluster.kubeconfig))
        found = manifests(record(settings, secrets={}, seed=stack_seed(settings)))
        return Deployment(live, settings.stack_name, found, **options).run(timeout_seconds=180)

    return deploy
