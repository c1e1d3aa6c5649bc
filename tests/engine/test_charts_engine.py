"""Charts under the real engine, its Kubernetes provider and a real API server (decision 0036).

The charts are tiny and this process serves them, pinned by their digests like the real ones. Each
holds what only comes up in order: a kind, or an object of a kind that the chart before brings. The
tests build on each other: up, up again, an archive that changed, destroy.
"""

import json
import subprocess

import pytest
import yaml

import localcluster
from cli.embedded import nodes_of
from localcluster import processes, record
from settings import load, platform
from tests.engine.standins.project import EngineProject
from tests.engine.standins.server import VARIABLE
from tests.support.charts import in_folder, packed, pin_tiny, serving

pytestmark = pytest.mark.engine
LIFETIME_SECONDS = 900
SAYS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data: {values: {{ toJson .Values | quote }}}
"""
KIND = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %(plural)s.%(group)s}
spec:
  group: %(group)s
  scope: %(scope)s
  names: {plural: %(plural)s, kind: %(kind)s}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
MONITOR = {"plural": "servicemonitors", "group": "monitoring.coreos.com",
           "scope": "Namespaced", "kind": "ServiceMonitor"}  # fmt: skip
ISSUER = {"plural": "clusterissuers", "group": "cert-manager.io",
          "scope": "Cluster", "kind": "ClusterIssuer"}  # fmt: skip
TINY = {
    "kube-prometheus-stack": {"crds/monitors.yaml": KIND % MONITOR},
    "cert-manager": {"templates/issuers.yaml": KIND % ISSUER},
    "ingress-nginx": {"templates/monitor.yaml": "apiVersion: monitoring.coreos.com/v1\n"
                      "kind: ServiceMonitor\nmetadata: {name: door}\n"},
}  # fmt: skip
PROGRAM = """\
import pulumi
import pulumi_kubernetes as k8s
from components.charts.installed import charts
from components.clouds import Elsewhere
from settings import load
from settings.kubeconfig import kubeconfig_path
settings = load(pulumi.get_stack(), pulumi.Config("manpasik").get_object("stack"))
path = kubeconfig_path(settings)
cluster = k8s.Provider("cluster", kubeconfig=path, enable_server_side_apply=True)
options = pulumi.ResourceOptions(provider=cluster)
platform = charts(settings, Elsewhere(), options)
k8s.apiextensions.CustomResource(
    "issuer", api_version="cert-manager.io/v1", kind="ClusterIssuer", metadata={"name": "tiny"},
    opts=pulumi.ResourceOptions(provider=cluster, depends_on=list(platform.releases)),
)
"""


def tiny(name, version):
    return packed(name, version, {"templates/says.yaml": SAYS, **TINY.get(name, {})})


@pytest.fixture(scope="module")
def pages():
    return {}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANPASIK_STATE", str(tmp_path_factory.mktemp("charts-state")))
        yield localcluster.up("charts", nodes_of(load("dev")), lifetime_seconds=LIFETIME_SECONDS)
        localcluster.down("charts")
        assert processes.running(record.directory_of("charts")) == []


@pytest.fixture(scope="module")
def project(cluster, pages, tmp_path_factory):
    made = EngineProject(tmp_path_factory.mktemp("charts") / "project", "")
    del made.environment[VARIABLE]
    pages |= in_folder(pin_tiny(made.root, tiny))
    with serving(pages) as (mirror, _):
        said = {"enabled": True, "mirror": f"http://{mirror}/charts"}
        stack = {"environment": "staging", "cluster": {"kubeconfig": str(cluster.kubeconfig)}}
        made.write(_program(made.root), {"staging": stack | {"charts": said}})
        yield made


def _program(root):
    path = root / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture(scope="module")
def get(cluster):
    def get(*what):
        command = [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, "get", "-o", "json", *what]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    return get


def test_charts_come_up_in_order_with_their_values(project, get):
    up = project.json("up", "staging")
    assert up["changes"].keys() == {"create"}
    assert get("servicemonitors.monitoring.coreos.com", "-A")["items"], "a kind came before"
    assert get("clusterissuers.cert-manager.io", "tiny")
    values = get("configmap", "-n", "ingress-nginx", "ingress-nginx")["data"]["values"]
    controller = json.loads(values)["controller"]
    assert controller["replicaCount"] == 2
    assert controller["nodeSelector"] == {"manpasik.com/pool": "platform"}


def test_a_second_up_changes_nothing(project):
    assert not project.json("up", "staging")["changed"]


def test_an_archive_that_changed_is_refused_before_the_engine_runs(project, pages):
    charts = yaml.safe_load((project.root / "catalog/charts.yaml").read_text())
    path = f"ingress-nginx-{charts['ingress-nginx']['version']}.tgz"
    (project.root / ".charts" / path).write_bytes(b"changed where it lay")
    kept, pages[f"/charts/{path}"] = pages[f"/charts/{path}"], b"and at the mirror"
    told = project.mpk("up", "staging", code=2)
    assert "ingress-nginx" in told
    assert "pinned is" in told
    pages[f"/charts/{path}"] = kept
    assert not project.json("up", "staging")["changed"], "brought again, and the same"


def test_a_destroy_takes_every_chart_and_namespace(project, get):
    wanted = set(platform.charts(load("staging", {"environment": "staging",
                                                  "charts": {"enabled": True}})))  # fmt: skip
    assert len(wanted) == 4
    project.mpk("destroy", "staging", "--confirm", "staging")
    left = {each["metadata"]["name"] for each in get("namespaces")["items"]}
    assert not left & {"ingress-nginx", "cert-manager", "sealed-secrets", "prometheus"}
