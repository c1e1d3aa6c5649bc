"""The one way in: Ingress up to phase 2, the mesh's gateway from phase 3 (ING-01 to ING-05)."""

import functools

import pytest

from rendering import manifests, record
from settings import load
from tests.support.recording import STACKS, objects

HOSTS = {
    "dev": "api.dev.manpasik.com",
    "staging": "api.staging.manpasik.com",
    "production": "api.manpasik.com",
}
SECURED = ["production", "staging"]
ENTRANCES = {"Ingress", "Gateway", "VirtualService", "Certificate", "ClusterIssuer"}
# The product's own annotations, each of which did harm.
HARMFUL = {
    "rewrite-target": "ING-01: every route became /",
    "rate-limit": "ING-02: no annotation of ingress-nginx",
    "rate-limit-window": "ING-02: no annotation of ingress-nginx",
    "enable-cors": "ING-05: the gateway answers CORS from its own list",
    "cors-allow-origin": "ING-05: * beside credentials",
}


@functools.cache
def meshed():
    """Production in phase 3."""
    stack = {"environment": "production", "phase": 3, "images": {"tag": "v1.0.0"}}
    return [manifest.content for manifest in manifests(record(load("production", stack)))]


def only(found, kind):
    (one,) = [each for each in found if each["kind"] == kind]
    return one


def kinds(found):
    return {each["kind"] for each in found} & ENTRANCES


def annotations(stack):
    return only(objects(stack), "Ingress")["metadata"]["annotations"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_with_a_public_host_has_one_way_in_and_local_has_none(stack):
    wanted = {"Ingress"} if stack in HOSTS else set()
    issued = {"ClusterIssuer"} if stack in SECURED else set()
    assert kinds(objects(stack)) == wanted | issued


@pytest.mark.parametrize(("stack", "host"), HOSTS.items())
def test_the_host_leads_to_the_gateway_whatever_the_path(stack, host):
    spec = only(objects(stack), "Ingress")["spec"]
    backend = {"service": {"name": "gateway", "port": {"number": 8080}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    assert spec["rules"] == [{"host": host, "http": {"paths": [path]}}], "ING-01, ING-06"
    assert spec["ingressClassName"] == "nginx"


@pytest.mark.parametrize("stack", SECURED)
def test_the_certificate_is_issued_by_an_issuer_that_the_program_makes(stack):
    ingress, issuer = (only(objects(stack), kind) for kind in ("Ingress", "ClusterIssuer"))
    named = ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"]
    assert named == issuer["metadata"]["name"], "ING-03"
    (tls,) = ingress["spec"]["tls"]
    assert tls == {"hosts": [HOSTS[stack]], "secretName": "manpasik-tls"}, "ING-03"
    (solver,) = issuer["spec"]["acme"]["solvers"]
    assert solver["http01"]["ingress"]["ingressClassName"] == ingress["spec"]["ingressClassName"]


def test_dev_has_a_host_without_a_certificate():
    ingress = only(objects("dev"), "Ingress")
    assert "tls" not in ingress["spec"]
    assert not [key for key in annotations("dev") if "cert-manager" in key or "ssl" in key]


@pytest.mark.parametrize("stack", SECURED)
def test_plain_http_is_sent_to_tls(stack):
    assert annotations(stack)["nginx.ingress.kubernetes.io/force-ssl-redirect"] == "true", "ING-04"


@pytest.mark.parametrize("stack", HOSTS)
@pytest.mark.parametrize("harmful", HARMFUL)
def test_no_annotation_that_did_harm_is_kept(stack, harmful):
    assert f"nginx.ingress.kubernetes.io/{harmful}" not in annotations(stack), HARMFUL[harmful]


@pytest.mark.parametrize("stack", HOSTS)
def test_the_ingress_lets_no_more_through_than_the_gateway_takes(stack):
    found = annotations(stack)
    assert found["nginx.ingress.kubernetes.io/proxy-body-size"] == "10m", "ING-05: 10 MB"
    assert int(found["nginx.ingress.kubernetes.io/proxy-read-timeout"]) > 60, "it answers itself"


def test_from_phase_3_on_the_mesh_is_the_way_in_and_no_ingress_is_left():
    assert kinds(meshed()) == ENTRANCES - {"Ingress"}, "R-P3-MESH"


def test_the_mesh_serves_the_host_with_its_certificate_and_on_port_80():
    plain, secured = only(meshed(), "Gateway")["spec"]["servers"]
    assert [each["hosts"] for each in (plain, secured)] == [[HOSTS["production"]]] * 2
    assert plain["port"]["number"] == 80
    certificate = only(meshed(), "Certificate")
    assert (secured["port"]["number"], secured["tls"]["mode"]) == (443, "SIMPLE")
    assert secured["tls"]["credentialName"] == certificate["spec"]["secretName"]
    assert certificate["spec"]["dnsNames"] == secured["hosts"]


def test_the_mesh_s_certificate_lies_where_its_gateway_looks_for_it():
    certificate, issuer = (only(meshed(), kind) for kind in ("Certificate", "ClusterIssuer"))
    space = certificate["metadata"]["namespace"]
    assert space == "istio-ingress"
    made = {each["metadata"]["name"] for each in meshed() if each["kind"] == "Namespace"}
    assert space in made
    named = {"name": issuer["metadata"]["name"], "kind": "ClusterIssuer"}
    assert certificate["spec"]["issuerRef"] == named, "ING-03"


def test_the_mesh_s_route_leads_to_the_gateway():
    spec = next(e for e in meshed() if e["kind"] == "VirtualService"
                and e["metadata"]["name"] == "gateway")  # fmt: skip
    (rule,) = spec["spec"]["http"]
    ends = {(e["destination"]["host"], e["destination"]["port"]["number"]) for e in rule["route"]}
    assert ends == {("gateway", 8080)}
    assert not any("uri" in match for match in rule["match"]), "whatever the path"
    assert "rewrite" not in rule, "ING-01"
    assert "corsPolicy" not in rule, "ING-05: the gateway answers CORS"
    gateway = only(meshed(), "Gateway")["metadata"]
    assert HOSTS["production"] in spec["spec"]["hosts"]
    assert rule["match"][0] == {"gateways": [gateway["name"]], "port": 443}, "ING-04: TLS alone"
    assert spec["metadata"]["namespace"] == gateway["namespace"]


def test_no_service_is_public_beside_the_way_in():
    for each in meshed():
        if each["kind"] == "Service":
            assert each["spec"]["type"] == "ClusterIP", "ING-04: past TLS"
