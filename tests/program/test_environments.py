"""Every cell of R-OVL, R-NODE and R-IMG-1, as recorded (issue 4, line 2).

The nodes come from the settings: no cloud is recorded yet.
"""

from dataclasses import dataclass

import pytest

from settings import load
from tests.support.project import Project
from tests.support.recording import STACKS, containers, of_kind, one

SERVICES = sorted(load("local").services)
EVERY = [(stack, service) for stack in STACKS for service in SERVICES]


@dataclass(frozen=True)
class Overlay:
    """A row of R-OVL."""

    replicas: int
    cpu: str
    memory: str
    scaled: tuple[int, int] | None = None


R_OVL = {
    "local": Overlay(1, "100m", "128Mi"),  # no row of its own: it takes Dev's
    "dev": Overlay(1, "100m", "128Mi"),
    "staging": Overlay(2, "250m", "256Mi", (2, 5)),
    "production": Overlay(3, "500m", "512Mi", (3, 20)),
}
# Environment, phase, nodes, vCPU, GB, and D-5: the total spread evenly, rounded up to whole GiB.
R_NODE = [
    ("local", 1, 1, 4, 8, 50),
    ("dev", 1, 1, 8, 16, 100),
    ("staging", 2, 3, 4, 8, 67),
    ("production", 2, 5, 8, 16, 200),
    ("production", 3, 10, 8, 32, 500),
    ("production", 4, 20, 16, 64, 1000),
]
R_IMG_1 = {"local": "latest", "dev": "latest", "staging": "staging", "production": "v1.0.0"}
MOVING = ("latest", "staging")
ZONES = {"local": 1, "dev": 1, "staging": 1, "production": 3}


def autoscaler(stack, service):
    """The one that names the service's Deployment, or None."""
    found = [h["spec"] for h in of_kind(stack, "HorizontalPodAutoscaler")
             if h["spec"]["scaleTargetRef"]["name"] == service]  # fmt: skip
    assert len(found) <= 1, "two autoscalers on one Deployment undo each other's work"
    return found[0] if found else None


def container(stack, service):
    (found,) = one(stack, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    return found


def test_the_product_s_services_are_all_looked_at():
    assert len(SERVICES) == 23, "D-2: 22 services and the gateway"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_a_service_has_the_replicas_of_its_environment(stack, service):
    scaled = autoscaler(stack, service)
    own = one(stack, "Deployment", service)["spec"].get("replicas")
    fewest = scaled["minReplicas"] if scaled else own
    assert fewest == R_OVL[stack].replicas, f"R-OVL: {stack} replicas"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_a_service_asks_for_what_its_environment_says(stack, service):
    asked = container(stack, service)["resources"]["requests"]
    overlay = R_OVL[stack]
    assert asked == {"cpu": overlay.cpu, "memory": overlay.memory}, f"R-OVL: {stack} requests"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_a_service_scales_between_the_bounds_of_its_environment(stack, service):
    scaled = autoscaler(stack, service)
    bounds = (scaled["minReplicas"], scaled["maxReplicas"]) if scaled else None
    assert bounds == R_OVL[stack].scaled, f"R-OVL: {stack} HPA"


@pytest.mark.parametrize(("environment", "phase", "count", "vcpu", "memory", "storage"), R_NODE)
def test_an_environment_has_the_nodes_of_the_table(
    environment, phase, count, vcpu, memory, storage
):
    images = {"tag": "v1.0.0"}
    stack = {"environment": environment, "phase": phase, "images": images}
    pool = load(environment, stack).nodes
    assert (pool.count, pool.vcpu, pool.memory_gb) == (count, vcpu, memory), "R-NODE"
    assert pool.storage_per_node_gib == storage, "R-NODE, D-5"


@pytest.mark.parametrize("stack", STACKS)
def test_an_environment_s_nodes_never_shrink_by_themselves_below_the_table(stack):
    pool = load(stack).nodes
    assert pool.most >= pool.count, "D-7"
    assert pool.zones == ZONES[stack], "D-1: Staging has one zone; Production several"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_a_service_runs_the_tag_of_its_environment(stack, service):
    image = container(stack, service)["image"]
    assert image == f"ghcr.io/manpasik/{service}:{R_IMG_1[stack]}", "R-IMG-1, R-P2-SEC"


@pytest.mark.parametrize("stack", STACKS)
def test_a_tag_that_moves_is_looked_up_at_every_start_of_any_pod(stack):
    pods = [found["spec"]["template"] for found in of_kind(stack, "Deployment", "Job")]
    ours = [c for pod in pods for c in containers(pod) if "/manpasik/" in c["image"]]
    assert any("/migrations:" in each["image"] for each in ours), "the files of the migrations"
    wanted = "Always" if R_IMG_1[stack] in MOVING else "IfNotPresent"
    assert {each["imagePullPolicy"] for each in ours} == {wanted}, "R-IMG-1"
    assert {each["image"].rpartition(":")[2] for each in ours} == {R_IMG_1[stack]}, "R-IMG-1"


@pytest.mark.parametrize("stack", STACKS)
def test_an_image_that_is_not_the_product_s_is_pinned(stack):
    pods = [t["spec"]["template"] for t in of_kind(stack, "Deployment", "Job", "StatefulSet")]
    tags = {c["image"].rpartition(":")[2] for pod in pods for c in containers(pod)
            if "/manpasik/" not in c["image"]}  # fmt: skip
    assert tags
    assert not tags & {"", "latest", "main", "edge"}, "another image tomorrow"


def test_production_says_which_release_it_runs_and_no_catalogue_does(tmp_path):
    stack = {"environment": "production"}
    (problem,) = Project.copied_to(tmp_path).problems("production", stack)
    assert problem.key == "manpasik:stack.images.tag", "R-IMG-1"
    assert "write it like v1.2.3" in problem.remedy, "R-IMG-1: v{semver} for releases"


@pytest.mark.parametrize(("stack", "zones"), ZONES.items())
def test_a_pod_waits_for_its_zone_only_where_there_are_several(stack, zones):
    for deployment in of_kind(stack, "Deployment"):
        rules = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        strict = {rule["topologyKey"]: rule["whenUnsatisfiable"] for rule in rules}
        wanted = "DoNotSchedule" if zones > 1 else "ScheduleAnyway"
        assert strict["topology.kubernetes.io/zone"] == wanted, "a lost zone takes a third at most"
        assert strict["kubernetes.io/hostname"] == "ScheduleAnyway", "a full node blocks no pod"
