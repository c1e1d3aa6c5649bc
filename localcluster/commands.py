"""How each process of a cluster is run: every flag, and why it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.nodes import SIMULATED_LABEL
from localcluster.processes import Launch

SERVICE_NETWORK = "10.96.0.0/16"
STAGES = Path(__file__).with_name("stages.yaml")
LEASE_SECONDS = 40
ROLLOUTS_NAMESPACE = "argo-rollouts"
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
"""In the order of their start; they end in the reverse order."""
RELEASE_PARTS = ("prometheus", "rollouts-controller")
"""What a cluster runs besides where releases are tried (`releases.py`)."""
PORTS_OF: Mapping[str, Sequence[str]] = {
    "etcd": ("etcd", "etcd-peer"),
    "kube-apiserver": ("kube-apiserver",),
    "prometheus": ("prometheus",),
}
"""Ports by part. The others serve nothing: their own ports are switched off."""
KUBECONFIG_USERS = {
    "kube-controller-manager": "controller-manager",
    "kube-scheduler": "scheduler",
    "kwok": "kwok",
    "rollouts-controller": "rollouts",
}
"""The parts that are clients of the API server, and the name of their certificate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the commands refer to: the cluster's directory, its ports, the built programs."""

    directory: Path
    ports: Mapping[str, int]
    programs: Mapping[str, Path]

    def pki(self, file: str) -> Path:
        """A file of the cluster's credentials."""
        return self.directory / "pki" / file

    def kubeconfig(self, part: str) -> Path:
        """The kubeconfig of a part that is a client of the API server."""
        return self.directory / "kubeconfigs" / f"{part}.yaml"


def launches(of: Surroundings) -> dict[str, Launch]:
    """What to run, in the order of starting, of the parts whose programs are at hand."""
    return {part: make(of) for part, make in _LAUNCHES.items() if part in of.programs}


def _etcd(of: Surroundings) -> Launch:
    client = f"https://127.0.0.1:{of.ports['etcd']}"
    peer = f"https://127.0.0.1:{of.ports['etcd-peer']}"
    ca, certificate, key = of.pki("etcd-ca.crt"), of.pki("etcd.crt"), of.pki("etcd.key")
    return Launch(
        part="etcd",
        files=[ca, certificate, key],
        command=[
            str(of.programs["etcd"]),
            "--name=local",
            f"--data-dir={of.directory / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=local={peer}",
            f"--trusted-ca-file={ca}",
            f"--cert-file={certificate}",
            f"--key-file={key}",
            "--client-cert-auth",
            f"--peer-trusted-ca-file={ca}",
            f"--peer-cert-file={certificate}",
            f"--peer-key-file={key}",
            "--peer-client-cert-auth",
            # A laptop's disk would set the pace of every write. Killed processes lose nothing this
            # way (the kernel has the pages); a power cut may, and then `down` and `up` start anew.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
    )


def _api_server(of: Surroundings) -> Launch:
    served = ("ca.crt", "apiserver.crt", "apiserver.key", "service-accounts.key", "etcd-client.crt")
    return Launch(
        part="kube-apiserver",
        files=[of.pki(file) for file in served],
        command=[
            str(of.programs["kube-apiserver"]),
            "--bind-address=127.0.0.1",
            f"--secure-port={of.ports['kube-apiserver']}",
            # Nothing runs in pods here, so nobody needs the endpoints of the `kubernetes` Service,
            # and the API forbids a loopback address in them.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--etcd-servers=https://127.0.0.1:{of.ports['etcd']}",
            f"--etcd-cafile={of.pki('etcd-ca.crt')}",
            f"--etcd-certfile={of.pki('etcd-client.crt')}",
            f"--etcd-keyfile={of.pki('etcd-client.key')}",
            f"--client-ca-file={of.pki('ca.crt')}",
            f"--tls-cert-file={of.pki('apiserver.crt')}",
            f"--tls-private-key-file={of.pki('apiserver.key')}",
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={of.pki('service-accounts.pub')}",
            f"--service-account-signing-key-file={of.pki('service-accounts.key')}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            "--profiling=false",
        ],
    )


def _controller_manager(of: Surroundings) -> Launch:
    kubeconfig = of.kubeconfig("kube-controller-manager")
    return Launch(
        part="kube-controller-manager",
        files=[kubeconfig, of.pki("service-accounts.key")],
        command=[
            str(of.programs["kube-controller-manager"]),
            f"--kubeconfig={kubeconfig}",
            f"--root-ca-file={of.pki('ca.crt')}",
            f"--service-account-private-key-file={of.pki('service-accounts.key')}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--secure-port=0",
            # A laptop that slept must not find its pods evicted.
            "--node-monitor-grace-period=120s",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
        ],
    )


def _scheduler(of: Surroundings) -> Launch:
    kubeconfig = of.kubeconfig("kube-scheduler")
    return Launch(
        part="kube-scheduler",
        files=[kubeconfig],
        command=[
            str(of.programs["kube-scheduler"]),
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
        ],
    )


def _kwok(of: Surroundings) -> Launch:
    kubeconfig = of.kubeconfig("kwok")
    return Launch(
        part="kwok",
        files=[kubeconfig, STAGES],
        command=[
            str(of.programs["kwok"]),
            f"--kubeconfig={kubeconfig}",
            f"--config={STAGES}",
            f"--manage-nodes-with-label-selector={SIMULATED_LABEL}=true",
            f"--node-lease-duration-seconds={LEASE_SECONDS}",
            # kwok's own server would listen on every interface.
            "--server-address=",
            "--node-port=0",
        ],
    )


def _prometheus(of: Surroundings) -> Launch:
    folder = of.directory / "prometheus"
    return Launch(
        part="prometheus",
        files=[folder / "prometheus.yml"],
        command=[
            str(of.programs["prometheus"]),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{of.ports['prometheus']}",
            # Rules that appear in its folder are read on `POST /-/reload`.
            "--web.enable-lifecycle",
            "--log.level=warn",
        ],
    )


def _rollouts_controller(of: Surroundings) -> Launch:
    kubeconfig = of.kubeconfig("rollouts-controller")
    prometheus = f"http://127.0.0.1:{of.ports['prometheus']}"
    return Launch(
        part="rollouts-controller",
        files=[kubeconfig],
        # Where an analysis asks that names no address of its own; and where its settings lie.
        environment={
            "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS": prometheus,
            "POD_NAMESPACE": ROLLOUTS_NAMESPACE,
        },
        command=[
            str(of.programs["rollouts-controller"]),
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            # Its servers would listen on every interface; it goes on without them.
            "--metricsPort=-1",
            "--healthzPort=-1",
            "--qps=200",
            "--burst=400",
        ],
    )


_LAUNCHES = {
    "etcd": _etcd,
    "kube-apiserver": _api_server,
    "kube-controller-manager": _controller_manager,
    "kube-scheduler": _scheduler,
    "kwok": _kwok,
    "prometheus": _prometheus,
    "rollouts-controller": _rollouts_controller,
}
