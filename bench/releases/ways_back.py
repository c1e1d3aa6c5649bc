"""`kubectl rollout undo` and `mpk rollback`, of one service and of all, on a clock (R-P2-ROLL)."""

import os
import subprocess

import localcluster
from bench.releases.ground import ONE, line, must, production, released, served, tell, timed
from cli.console import messages
from cli.watch import Watch
from operations import rollback
from operations.cluster import Cluster
from settings.loader import load_catalog

SPACE = ("--namespace", "manpasik")
SPEC_SECONDS = 120
FIRST = "v1.0.0"


def measure() -> None:
    """A release before each way back; only the way back is on the clock."""
    every = sorted(load_catalog().services)
    with served("bench-back", production(FIRST)) as cluster:
        api = Cluster(str(cluster.kubeconfig))
        rows = [
            ("kubectl rollout undo", 1, lambda: _undo(cluster, [ONE])),
            ("mpk rollback", 1, lambda: _rollback(api, [ONE])),
            ("kubectl rollout undo", len(every), lambda: _undo(cluster, every)),
            ("mpk rollback --all", len(every), lambda: _rollback(api, [])),
        ]
        line("| way | services | seconds | spec | load |\n|---|---|---|---|---|")
        for number, (way, count, act) in enumerate(rows, 2):
            done = released(api, production(f"v{number}.0.0"))
            tell(f"released ({', '.join(f'{s.name} {s.seconds} s' for s in done.stages)}); {way}")
            seconds = timed(act)
            load_average = os.getloadavg()[0]
            line(f"| `{way}` | {count} | {seconds:.1f} | {SPEC_SECONDS} | {load_average:.1f} |")


def _undo(cluster: localcluster.Cluster, services: list[str]) -> None:
    kubectl = [str(cluster.kubectl), "--kubeconfig", str(cluster.kubeconfig), *SPACE]
    targets = [f"deployment/{name}" for name in services]
    _run([*kubectl, "rollout", "undo", *targets])
    for target in targets:
        _run([*kubectl, "rollout", "status", target, "--timeout", "300s"])


def _run(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own kubectl
        command, check=False, capture_output=True, text=True
    )
    must(done.returncode == 0, f"{' '.join(command)}: {done.stderr}")


def _rollback(api: Cluster, services: list[str]) -> None:
    wanted = rollback.Wanted(services=services)
    with Watch(messages) as shown:
        done = rollback.course(api, production(FIRST), wanted, shown.report)
    must(done.result.succeeded, str(done.record))
