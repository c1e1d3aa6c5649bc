"""What is scraped is there: only a port that a pod declares becomes a target (OBS-04)."""

import pytest

from tests.support.later import objects, of_kind

PHASES = (2, 3)
OURS = {"manpasik", "manpasik-data"}
# The mesh adds its proxy, with this port, to the pods of the application.
INJECTED = {"http-envoy-prom"}


def monitors(phase):
    found = of_kind("PodMonitor", phase=phase)
    return {
        name: (space, each["spec"])
        for name, each in found.items()
        for space in each["spec"]["namespaceSelector"].get("matchNames", ["anywhere"])
    }


def pods(phase, space):
    for each in objects(phase=phase):
        template = each.get("spec", {}).get("template", {})
        if each["metadata"].get("namespace") == space and "containers" in template.get("spec", {}):
            yield template


def declared(phase, space, wanted):
    """The names of ports of the pods that bear these labels."""
    for template in pods(phase, space):
        if wanted.items() <= template["metadata"]["labels"].items():
            for container in template["spec"]["containers"]:
                yield from (port["name"] for port in container.get("ports", []))


@pytest.mark.parametrize("phase", PHASES)
def test_a_monitor_of_our_own_pods_asks_at_a_port_that_some_declare(phase):
    for name, (space, spec) in monitors(phase).items():
        (endpoint,) = spec["podMetricsEndpoints"]
        assert "portNumber" not in endpoint, f"{name}: found only where the pod declares it"
        if space in OURS:
            ports = {*declared(phase, space, spec["selector"]["matchLabels"])} | INJECTED
            assert endpoint["port"] in ports, name


def test_a_store_is_asked_at_its_own_port_of_metrics():
    _, redpanda = monitors(2)["manpasik-redpanda"]
    (endpoint,) = redpanda["podMetricsEndpoints"]
    assert {"$1:9644"} <= {each.get("replacement") for each in endpoint["relabelings"]}
    assert endpoint["path"] == "/public_metrics"


def test_before_the_mesh_the_door_is_scraped_and_no_proxy_is():
    assert {"manpasik-door"} == monitors(2).keys() - monitors(3).keys()
    assert {"manpasik-mesh", "manpasik-entrance"} == monitors(3).keys() - monitors(2).keys()
    (endpoint,) = monitors(2)["manpasik-door"][1]["podMetricsEndpoints"]
    assert endpoint["honorLabels"], "its own namespace and service are those of a request"
