"""What Envoy is told of the mesh's objects: the drill's part of istiod, as a table of cases."""

import pytest

from drill import mesh
from drill.mesh import Configuration, Endpoint

NAME = "app.kubernetes.io/name"
HASH = "rollouts-pod-template-hash"


def service(name, protocol="http"):
    return {
        "metadata": {"name": name},
        "spec": {"selector": {NAME: name}, "ports": [{"port": 8080, "appProtocol": protocol}]},
    }


def route(*weights, hosts=("gateway",), **more):
    destinations = [
        {"destination": {"host": "gateway", "subset": subset}, "weight": weight}
        for subset, weight in weights
    ]
    http = [{"name": "primary", "route": destinations, **more}]
    return {"metadata": {"name": "gateway"}, "spec": {"hosts": list(hosts), "http": http}}


def rule(policy=None, **hashes):
    subsets = [
        {"name": name, "labels": {NAME: "gateway", HASH: value}} for name, value in hashes.items()
    ]
    spec = {"host": "gateway", "subsets": subsets, "trafficPolicy": policy or {}}
    return {"metadata": {"name": "gateway"}, "spec": spec}


def told(*routes, services=("gateway",), rules=()):
    return Configuration(
        services=[service(each) for each in services],
        virtual_services=routes,
        destination_rules=rules,
    )


def hosts(configuration):
    found = mesh.routes(configuration)["virtual_hosts"]
    return {each["name"]: each["routes"] for each in found}


def action(configuration, host="gateway"):
    (found,) = hosts(configuration)[host]
    return found["route"]


def test_weights_go_to_the_subsets_as_the_route_says():
    weighted = action(told(route(("stable", 95), ("canary", 5))))["weighted_clusters"]["clusters"]
    assert weighted == [
        {"name": "gateway|stable", "weight": 95},
        {"name": "gateway|canary", "weight": 5},
    ]


def test_a_subset_without_weight_gets_nothing():
    weighted = action(told(route(("stable", 100), ("canary", 0))))["weighted_clusters"]["clusters"]
    assert [each["name"] for each in weighted] == ["gateway|stable"]


def test_a_service_answers_to_its_short_and_its_whole_name():
    assert hosts(told()).keys() == {"gateway", "gateway.manpasik.svc.cluster.local"}


def test_two_routes_of_one_host_become_one_host_of_envoys():
    redirect = {
        "metadata": {"name": "redirect"},
        "spec": {"hosts": ["api.example.com"], "http": [{"redirect": {"scheme": "https"}}]},
    }
    public = route(("", 100), hosts=("api.example.com", "gateway"))
    assert len(hosts(told(redirect, public))["api.example.com"]) == 1


def test_a_match_that_is_not_understood_sends_no_request():
    strange = route(("stable", 100), match=[{"headers": {"x-user": {"exact": "me"}}}])
    assert hosts(told(strange))["gateway"] == []


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ({"prefix": "/v1"}, {"prefix": "/v1"}),
        ({"exact": "/healthz"}, {"path": "/healthz"}),
        ({"regex": "/a|/b"}, {"safe_regex": {"regex": "/a|/b"}}),
    ],
)
def test_a_path_is_matched_as_the_route_says(uri, expected):
    (found,) = hosts(told(route(("stable", 100), match=[{"uri": uri}])))["gateway"]
    assert found["match"] == expected


def test_retries_and_time_limits_are_those_of_the_route():
    retries = {"attempts": 3, "retryOn": "refused-stream", "perTryTimeout": "500ms"}
    found = action(told(route(("stable", 100), timeout="1m", retries=retries)))
    policy = found["retry_policy"]
    assert found["timeout"] == "60s"
    assert (policy["num_retries"], policy["retry_on"]) == (3, "refused-stream")
    assert policy["per_try_timeout"] == "0.5s"


def test_a_route_that_says_nothing_of_retries_gets_the_meshs_own():
    assert action(told(route(("stable", 100))))["retry_policy"]["num_retries"] == 2
    none = told(route(("stable", 100), retries={"attempts": 0}))
    assert "retry_policy" not in action(none)


def endpoints_of(cluster, configuration, endpoints):
    (found,) = [each for each in mesh.destinations(configuration) if each.cluster == cluster]
    (group,) = mesh.assignment(found, endpoints)["endpoints"]
    return [each["endpoint"]["address"]["socket_address"] for each in group["lb_endpoints"]]


def test_a_subset_is_the_pods_of_the_service_that_wear_its_labels():
    pods = [
        Endpoint(service="gateway", port=1, labels={NAME: "gateway", HASH: "old"}),
        Endpoint(service="gateway", port=2, labels={NAME: "gateway", HASH: "new"}),
        Endpoint(service="other", port=3, labels={NAME: "gateway", HASH: "new"}),
    ]
    configuration = told(rules=[rule(stable="old", canary="new")])
    found = endpoints_of("gateway|canary", configuration, pods)
    assert found == [{"address": "127.0.0.1", "port_value": 2}]
    assert len(endpoints_of("gateway|", configuration, pods)) == 2


def test_every_endpoint_and_listener_is_on_loopback():
    pods = [Endpoint(service="gateway", port=1, labels={})]
    addresses = [each["address"] for each in endpoints_of("gateway|", told(), pods)]
    assert addresses == ["127.0.0.1"]


def clusters(configuration):
    return {each.cluster: mesh.cluster(each, "file") for each in mesh.destinations(configuration)}


def test_outliers_are_left_out_as_the_rule_says_and_never_below_its_floor():
    policy = {
        "outlierDetection": {
            "consecutiveGatewayErrors": 5,
            "baseEjectionTime": "30s",
            "minHealthPercent": 50,
        }
    }
    found = clusters(told(rules=[rule(policy, stable="old")]))["gateway|stable"]
    assert found["common_lb_config"] == {"healthy_panic_threshold": {"value": 50}}
    detection = found["outlier_detection"]
    assert detection["consecutive_gateway_failure"] == 5
    assert detection["enforcing_consecutive_gateway_failure"] == 100
    assert detection["base_ejection_time"] == "30s"


def test_a_grpc_service_is_spoken_to_over_http2():
    grpc = Configuration(
        services=[service("auth-service", "grpc")], virtual_services=(), destination_rules=()
    )
    (found,) = clusters(grpc).values()
    assert "typed_extension_protocol_options" in found
    assert "typed_extension_protocol_options" not in clusters(told())["gateway|"]


def test_the_weight_of_a_template_is_that_of_the_subset_that_selects_it():
    split = told(route(("stable", 75), ("canary", 25)), rules=[rule(stable="old", canary="new")])
    assert mesh.weight_of(split, "gateway", "new") == 25
    assert mesh.weight_of(split, "gateway", "old") == 75
    assert mesh.weight_of(split, "gateway", "gone") == 0
