"""What the mesh is told: routes, balance, and who may call whom (R-P3-MESH, TRAF-01, TRAF-02)."""

import re

import pytest

from components.mesh.resources import NOT_WELL_KNOWN
from tests.support.later import of_kind, production

SERVICES = production(phase=3).services
GATEWAY = "cluster.local/ns/manpasik/sa/gateway"
ENTRANCE = "cluster.local/ns/istio-ingress/sa/istio-ingress"


def route(name, **own):
    found = of_kind("VirtualService", **({"phase": 3} | own))[name]["spec"]
    (rule,) = found["http"]
    return found, rule


def test_every_service_is_balanced_per_request_and_failing_pods_rest():
    found = of_kind("DestinationRule", phase=3)
    assert found.keys() == SERVICES.keys()
    for rule in found.values():
        policy = rule["spec"]["trafficPolicy"]
        assert policy["loadBalancer"] == {"simple": "LEAST_REQUEST"}, "TRAF-01"
        assert policy["outlierDetection"]["consecutiveGatewayErrors"] > 1


def test_a_version_of_which_every_pod_fails_is_judged_and_not_hidden():
    policy = of_kind("DestinationRule", phase=3)["auth-service"]["spec"]["trafficPolicy"]
    assert policy["outlierDetection"]["minHealthPercent"] >= 50


def test_a_canary_s_route_begins_with_everything_on_the_stable_version():
    for name in SERVICES.keys() - {"vision-service"}:
        _, rule = route(name)
        weights = {each["destination"]["subset"]: each["weight"] for each in rule["route"]}
        assert weights == {"stable": 100, "canary": 0}
        assert rule["name"] == "primary"
        subsets = of_kind("DestinationRule", phase=3)[name]["spec"]["subsets"]
        assert {each["name"] for each in subsets} == weights.keys()


def test_a_colour_s_route_names_no_subset():
    for name in SERVICES:
        _, rule = route(name, phase=4)
        assert [each["destination"].get("subset") for each in rule["route"]] == [None], "D-9"
        assert "subsets" not in of_kind("DestinationRule", phase=4)[name]["spec"]


def test_only_what_no_pod_has_begun_is_repeated():
    for name in SERVICES:
        _, rule = route(name)
        repeated = set(rule["retries"]["retryOn"].split(","))
        assert repeated <= {"connect-failure", "refused-stream", "reset-before-request"}, (
            "a repeated call may charge twice"
        )
        assert int(rule["timeout"].rstrip("s")) >= 60, "the gateway waits a minute (ING-05)"


def test_mutual_tls_is_strict_and_what_is_not_allowed_is_refused():
    peers = of_kind("PeerAuthentication", phase=3)["manpasik"]["spec"]
    assert peers == {"mtls": {"mode": "STRICT"}}
    assert of_kind("AuthorizationPolicy", phase=3)["manpasik"]["spec"] == {"action": "ALLOW"}


def allowed(**own):
    found = {}
    for name, policy in of_kind("AuthorizationPolicy", **own).items():
        for rule in policy["spec"].get("rules", []):
            (source,), (target,) = rule["from"], rule["to"]
            assert policy["spec"]["selector"]["matchLabels"] == {"app.kubernetes.io/name": name}
            found[name] = source["source"]["principals"], target["operation"]["ports"]
    return found


def test_exactly_the_calls_that_exist_are_allowed():
    found = allowed(phase=3)
    called = set(SERVICES["gateway"].calls)
    assert len(called) == 21, "TRAF-02: the gateway and its 21 services"
    assert found.keys() == called | {"gateway"}, "nobody calls vision-service"
    for name in called:
        assert found[name] == ([GATEWAY], [str(SERVICES[name].port)])
    assert found["gateway"] == ([ENTRANCE], ["8080"])


def test_the_smoke_tests_may_call_an_idle_colour():
    for principals, _ in allowed(phase=4).values():
        assert "cluster.local/ns/manpasik/sa/manpasik-smoke" in principals


def test_while_services_move_into_the_mesh_nothing_is_refused():
    own = {"phase": 3, "mesh_permissive": True}
    assert of_kind("PeerAuthentication", **own)["manpasik"]["spec"]["mtls"]["mode"] == "PERMISSIVE"
    assert of_kind("AuthorizationPolicy", **own) == {}


def test_the_namespace_gets_proxies_only_where_there_is_a_mesh():
    for phase, wanted in ((2, None), (3, "enabled")):
        labels = of_kind("Namespace", phase=phase)["manpasik"]["metadata"]["labels"]
        assert labels.get("istio-injection") == wanted


@pytest.mark.parametrize("path", ["/", "/api/v1/users", "/health", "/.x", "/a/.well-known/b"])
def test_plain_http_is_sent_to_tls_whatever_the_path(path):
    _, rule = route("manpasik-ingress")
    (match,) = rule["match"]
    assert match == {"port": 80, "uri": {"regex": NOT_WELL_KNOWN}}
    assert rule["redirect"] == {"scheme": "https", "redirectCode": 308}
    assert re.fullmatch(NOT_WELL_KNOWN, path), "ING-04"


def test_the_challenge_of_acme_is_not_redirected_so_a_certificate_can_be_issued():
    challenge = "/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
    assert not re.fullmatch(NOT_WELL_KNOWN, challenge)
    for server in of_kind("Gateway", phase=3)["manpasik-ingress"]["spec"]["servers"]:
        assert "httpsRedirect" not in server.get("tls", {}), "it would catch the challenge"
    (solver,) = of_kind("ClusterIssuer", phase=3)["letsencrypt-prod"]["spec"]["acme"]["solvers"]
    name = solver["http01"]["ingress"]["ingressClassName"]
    controller = of_kind("IngressClass", phase=3)[name]["spec"]["controller"]
    assert controller == "istio.io/ingress-controller", "else nobody serves the challenge"


@pytest.mark.parametrize("phase", [3, 4])
def test_controllers_are_restricted_and_the_mesh_s_way_in_gets_the_baseline(phase):
    label = "pod-security.kubernetes.io/enforce"
    found = {
        name: each["metadata"]["labels"][label]
        for name, each in of_kind("Namespace", phase=phase).items()
    }
    assert {n for n, level in found.items() if level != "restricted"} == {"istio-ingress"}
    assert found["istio-ingress"] == "baseline"
    assert {"argocd", "argo-rollouts"} <= found.keys()
