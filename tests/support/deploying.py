"""The program's objects on a cluster of the tests, without the engine."""

from collections.abc import Callable
from typing import Any

import localcluster
from operations.cluster import Cluster
from operations.deploy import Deployed, Deployment
from rendering import manifests, record
from settings.loader import Settings
from settings.secrets import stack_seed

SECONDS = 180


def deployer(cluster: localcluster.Cluster) -> Callable[..., Deployed]:
    """What deploys settings there, and waits; options are those of `Deployment`."""

    def deploy(settings: Settings, **options: Any) -> Deployed:
        live = Cluster(str(cluster.kubeconfig))
        found = manifests(record(settings, secrets={}, seed=stack_seed(settings)))
        return Deployment(live, settings.stack_name, found, **options).run(SECONDS)

    return deploy
