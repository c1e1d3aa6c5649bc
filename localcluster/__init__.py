"""The embedded default: a real Kubernetes control plane as processes on loopback.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are built from pinned Go modules
and run as ordinary processes of the user; kwok stands in for the nodes. No container, no root, no
port on any interface but loopback. Several clusters live side by side, each under its own name.
"""

from localcluster.control_plane import Cluster, down, up
from localcluster.errors import LocalClusterError, UnusableError
from localcluster.nodes import Resources, SimulatedNode, uniform
from localcluster.observation import status
from localcluster.programs import PROGRAMS, Report, ensure, quiet, versions

__all__ = [
    "PROGRAMS",
    "Cluster",
    "LocalClusterError",
    "Report",
    "Resources",
    "SimulatedNode",
    "UnusableError",
    "down",
    "ensure",
    "quiet",
    "status",
    "uniform",
    "up",
    "versions",
]
