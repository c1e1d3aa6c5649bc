"""How a cluster is, as plain data for `--json`. Asks only; changes nothing."""

from collections.abc import Mapping
from typing import Any

from localcluster import kubeconfig, nodes, processes, programs, record
from localcluster.commands import PARTS, PORTS_OF
from localcluster.record import Record


def status(name: str = "local") -> dict[str, Any]:
    """How the cluster is, as plain data: processes, ports, nodes, versions. Changes nothing."""
    directory = record.directory_of(name)
    if not (directory / "cluster.json").exists():
        return {"name": name, "exists": False, "ready": False, "processes": [], "nodes": []}
    held = record.load(directory)
    alive = {each.part: each for each in processes.running(directory)}
    api = record.endpoint(directory, held) if "kube-apiserver" in alive else None
    serves = api is not None and api.answers("/readyz")
    listed = nodes.list_simulated(api) if api is not None and serves else []
    parts = [_part_status(part, alive.get(part), held) for part in (*PARTS, *held.extras)]
    return {
        "name": name,
        "exists": True,
        "ready": serves
        and bool(listed)
        and all(nodes.is_ready(each) for each in listed)
        and all(part["alive"] for part in parts),
        "directory": str(directory),
        "kubeconfig": str(directory / "kubeconfig"),
        "context": kubeconfig.context_name(name),
        "server": f"https://127.0.0.1:{held.ports.get('kube-apiserver')}",
        "processes": parts,
        "nodes": [_node_status(each) for each in listed],
        "versions": programs.versions(),
        "ends_at": held.ends_at,
    }


def _part_status(part: str, found: processes.Running | None, held: Record) -> dict[str, Any]:
    return {
        "name": part,
        "alive": found is not None,
        "pid": found.process.pid if found else None,
        "ports": [held.ports[port] for port in PORTS_OF.get(part, ()) if port in held.ports],
        "memory_bytes": found.process.memory_info().rss if found else None,
    }


def _node_status(node: Mapping[str, Any]) -> dict[str, Any]:
    allocatable = node["status"].get("allocatable", {})
    return {
        "name": node["metadata"]["name"],
        "ready": nodes.is_ready(node),
        "zone": node["metadata"]["labels"].get("topology.kubernetes.io/zone"),
        "cpu": allocatable.get("cpu"),
        "memory": allocatable.get("memory"),
    }
