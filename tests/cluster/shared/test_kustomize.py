"""The tree as kustomize builds it is what the program declares, and a real API server takes all
of it: known fields only, by the schemas of the built-in kinds and of the CRDs (issue 4, line 1).

Server-side dry runs: everything is judged, with Pod Security, and nothing of it is made but what
others refer to (namespaces, service accounts, priority classes).
"""

import copy
import functools
import subprocess

import pytest

from localcluster import crds
from rendering import kustomize, manifests, record
from rendering.folder import replace_folder
from rendering.recorder import redact
from settings import load
from tests.support.kustomize import files, names, objects, overlay

pytestmark = pytest.mark.cluster
STACKS = names()
MANAGER = "--field-manager=a-test"
REFERRED_TO = ("Namespace", "PriorityClass", "ServiceAccount")
LATER_PHASES = (3, 4)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kustomize") / "tree"
    replace_folder(files(), folder)
    return folder


@pytest.fixture(scope="module")
def built(cluster, tree):
    def built(folder, within=tree):
        command = [cluster.kubectl, "kustomize", within / folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return objects(done.stdout)

    return built


@pytest.fixture(scope="module")
def everything():
    """Every object of every stack, and of production's later phases."""
    found = [each for name in STACKS for each in overlay(name).objects.values()]
    return [*found, *(each for phase in LATER_PHASES for each in production_in(phase))]


@pytest.fixture(scope="module")
def kubectl(cluster, kubectl_for, everything):
    """A cluster that serves the kinds, and holds what the objects refer to."""
    kubectl = kubectl_for(cluster)
    definitions = crds.needed(everything)
    crds.install(cluster, definitions)
    referred = {}
    for each in everything:
        if each["kind"] in REFERRED_TO:
            known = each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]
            referred.setdefault(known, each)
    for kind in REFERRED_TO:
        some = [each for (of, *_), each in referred.items() if of == kind]
        kubectl("apply", "--server-side", MANAGER, "-f", "-", stdin=listed(some))
    yield kubectl
    for kind in ("Namespace", "PriorityClass"):
        gone = [name for of, _, name in referred if of == kind]
        kubectl("delete", kind, *gone, "--wait=false")
    kubectl("delete", "crd", "--wait=false", *(each["metadata"]["name"] for each in definitions))


@functools.cache
def production_in(phase):
    stack = load("production").stack.model_dump(mode="json", exclude_unset=True)
    found = manifests(record(load("production", stack | {"phase": phase})))
    return [redact(each.content) for each in found if each.kind != "Secret"]


def listed(items):
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def taken(kubectl, items):
    """The API server would take these; one line each."""
    strictly = ("--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts")
    told = kubectl("apply", *strictly, MANAGER, "-o", "name", "-f", "-", stdin=listed(items))
    assert len(told.splitlines()) == len(items)


def pods(items):
    """A pod of each template: Pod Security refuses pods, and only warns of what makes them."""
    for each in items:
        template = copy.deepcopy(each["spec"].get("template")) if "spec" in each else None
        if template is None or "spec" not in template:
            continue
        for claim in each["spec"].get("volumeClaimTemplates", []):
            volume = {"name": claim["metadata"]["name"], "emptyDir": {}}
            template["spec"].setdefault("volumes", []).append(volume)
        metadata = {key: each["metadata"][key] for key in ("name", "namespace")}
        meta = template["metadata"] | metadata
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]}


@pytest.mark.parametrize("stack", STACKS)
def test_kustomize_builds_an_overlay_to_exactly_what_the_program_declares(built, stack):
    found = built(f"overlays/{stack}")
    assert found.keys() == overlay(stack).objects.keys()
    for known, declared in overlay(stack).objects.items():
        assert found[known] == declared, known


def test_sealed_values_reach_the_built_objects(built, tmp_path):
    key = overlay("dev").unsealed[-1]
    sealed = kustomize.overlay(load("dev"), {key: "AgA"})
    replace_folder(kustomize.tree([sealed, overlay("production")]), tmp_path / "tree")
    assert built("overlays/dev", tmp_path / "tree") == sealed.objects


def test_the_base_builds_by_itself_and_the_api_server_takes_it(built, kubectl):
    taken(kubectl, built("base").values())


@pytest.mark.parametrize("stack", STACKS)
def test_the_api_server_takes_every_object_of_a_stack(built, kubectl, stack):
    taken(kubectl, built(f"overlays/{stack}").values())


@pytest.mark.parametrize("phase", LATER_PHASES)
def test_the_api_server_takes_production_in_its_later_phases(kubectl, phase):
    found = production_in(phase)
    assert any("istio.io" in each["apiVersion"] for each in found)
    taken(kubectl, found)


@pytest.mark.parametrize("stack", STACKS)
def test_pod_security_restricted_is_enforced_and_takes_every_pod(kubectl, stack):
    found = list(pods(overlay(stack).objects.values()))
    for space in {each["metadata"]["namespace"] for each in found}:
        labels = kubectl.get("namespace", space)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    taken(kubectl, found)


def one(stack, kind):
    found = (each for each in overlay(stack).objects.values() if each["kind"] == kind)
    return copy.deepcopy(next(found))


def test_a_pod_that_may_too_much_is_refused(kubectl):
    (pod,) = pods([one("dev", "Deployment")])
    del pod["spec"]["securityContext"]
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted'):
        taken(kubectl, [pod])


@pytest.mark.parametrize("kind", ["Deployment", "HorizontalPodAutoscaler", "SealedSecret",
                                  "ClusterIssuer", "Ingress"])  # fmt: skip
def test_a_field_that_no_schema_knows_is_refused(kubectl, kind):
    found = one("production", kind)
    found["spec"]["planted"] = "field"
    with pytest.raises(AssertionError, match=rf'{kind}\.spec\): unknown field "planted"'):
        taken(kubectl, [found])
