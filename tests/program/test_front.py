"""The stack above the regions, on both clouds: names, ways to the regions, edges (R-P4-CDN)."""

import pytest

from components.edge import web
from rendering import record, told
from rendering.recorder import outputs
from settings.front import Edge
from tests.support.clouds import CLOUDS, MARKETS, above_regions, front_settings, inputs
from tests.support.topologies import place

BOTH = pytest.mark.parametrize("cloud", CLOUDS)
APPS = [f"{market}.app.manpasik.com" for market in MARKETS]


def of(cloud, *types, **more):
    found = inputs(above_regions(cloud, **more), *(f"{cloud}:{each}" for each in types))
    assert found, "a rule over nothing holds nothing"
    return found


@BOTH
def test_each_market_has_an_edge_and_a_name_of_its_own(cloud):
    found = outputs(front_settings(cloud))
    assert list(found["apps"].values()) == APPS
    assert found["name_servers"]
    assert found["version"] == "v1.0.0"


@BOTH
def test_it_has_no_cluster_and_no_store(cloud):
    kinds = {each.type for each in above_regions(cloud)}
    assert not any(kind.startswith("kubernetes:") or "cluster" in kind.lower() for kind in kinds)
    assert not any("sql" in kind or "rds" in kind for kind in kinds)


@BOTH
def test_nothing_is_made_before_every_region_is_found_sound(cloud):
    others = {n: v for n, v in told.regions(front_settings(cloud)).items() if "jp" not in n}
    others["production-jp"] = {}
    with pytest.raises(Exception, match="region jp: stack production-jp is not up"):
        record(front_settings(cloud), others=others)


def test_a_region_that_is_behind_is_refused_by_its_name():
    others = dict(told.regions(front_settings("aws")))
    behind = {**others["production-eu"]["region"], "version": "v0.9.0"}
    others["production-eu"] = {"region": behind}
    with pytest.raises(Exception, match=r'region eu: stack production-eu says version "v0.9.0"'):
        record(front_settings("aws"), others=others)


def test_cloudfront_alone_reads_the_app_s_bucket_and_signs_what_it_asks():
    for made in of("aws", "cloudfront/distribution:Distribution").values():
        origin = next(each for each in made["origins"] if each["originId"] == "web")
        assert origin["originAccessControlId"]
        assert origin["domainName"].endswith(".s3.ap-northeast-2.amazonaws.com")
    for access in of("aws", "cloudfront/originAccessControl:OriginAccessControl").values():
        assert access["signingBehavior"] == "always"


def test_the_caches_alone_read_the_app_s_bucket_on_google():
    (read,) = of("gcp", "storage/bucketIAMMember:BucketIAMMember").values()
    assert "cloud-cdn-fill" in read["member"]
    assert read["role"] == "roles/storage.objectViewer"


def test_every_edge_speaks_tls_1_2_or_newer_and_nothing_else():
    for made in of("aws", "cloudfront/distribution:Distribution").values():
        assert made["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
        ways = [made["defaultCacheBehavior"], *made["orderedCacheBehaviors"]]
        assert {w["viewerProtocolPolicy"] for w in ways} <= {"redirect-to-https", "https-only"}
    for policy in of("gcp", "compute/sSLPolicy:SSLPolicy").values():
        assert policy["minTlsVersion"] == "TLS_1_2"
    for rule in of("gcp", "compute/globalForwardingRule:GlobalForwardingRule").values():
        assert rule["portRange"] == "443"


NEVER = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def test_the_app_is_never_kept_and_hashed_assets_for_a_year_on_aws():
    year = 365 * 24 * 60 * 60
    for made in of("aws", "cloudfront/distribution:Distribution").values():
        assert made["defaultCacheBehavior"]["cachePolicyId"] == NEVER
        (assets,) = made["orderedCacheBehaviors"]
        assert (assets["pathPattern"], assets["cachePolicyId"] == NEVER) == ("/assets/*", False)
    for policy in of("aws", "cloudfront/cachePolicy:CachePolicy").values():
        assert policy["maxTtl"] == policy["defaultTtl"] == year


def test_the_app_is_never_kept_and_hashed_assets_for_a_year_on_google():
    buckets = of("gcp", "compute/backendBucket:BackendBucket")
    for name, bucket in buckets.items():
        kept = bucket["cdnPolicy"].get("defaultTtl", 0)
        assert kept == int(name.rpartition("-")[2])
        told = [each for each in bucket["customResponseHeaders"] if "Cache-Control" in each]
        assert told == [f"Cache-Control: {web.cache_control(kept)}"]
    assert {int(name.rpartition("-")[2]) for name in buckets} == {0, 31536000}


API = {"edge": {"behaviours": {"/api/*": {"origin": "api"}}}}


def test_no_answer_of_the_api_is_kept_where_the_edge_leads_to_it():
    for made in of("aws", "cloudfront/distribution:Distribution", **API).values():
        (way,) = made["orderedCacheBehaviors"]
        assert (way["targetOriginId"], way["cachePolicyId"]) == ("api", NEVER), "RES-08"
        assert "POST" in way["allowedMethods"]
    services = of("gcp", "compute/backendService:BackendService", **API)
    assert len(services) == 8
    assert not any(service["enableCdn"] for service in services.values()), "RES-08"


def test_every_answer_of_an_edge_has_the_headers_that_protect_people():
    for policy in of("aws", "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").values():
        secure = policy["securityHeadersConfig"]
        assert secure["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31536000
        assert "frame-ancestors 'none'" in secure["contentSecurityPolicy"]["contentSecurityPolicy"]
        assert {"contentTypeOptions", "frameOptions", "referrerPolicy"} <= secure.keys()
    for bucket in of("gcp", "compute/backendBucket:BackendBucket").values():
        names = {each.partition(":")[0] for each in bucket["customResponseHeaders"]}
        assert names == {*web.security_headers("api"), "Cache-Control"}


def test_a_market_s_app_may_call_its_own_market_s_api_alone():
    policies = of("aws", "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    text = repr(policies["edge-kr-headers-0"])
    assert "https://kr.api.manpasik.com" in text
    assert "us.api" not in text


def test_a_path_that_is_no_file_is_the_app_s():
    for made in of("aws", "cloudfront/distribution:Distribution").values():
        (rewrite,) = made["defaultCacheBehavior"]["functionAssociations"]
        assert rewrite["eventType"] == "viewer-request"
    for name, map_ in of("gcp", "compute/uRLMap:URLMap").items():
        for paths in map_.get("pathMatchers", []):
            (rule,) = paths["defaultCustomErrorResponsePolicy"]["errorResponseRules"]
            assert (rule["path"], rule["overrideResponseCode"]) == ("/index.html", 200), name


def test_each_market_s_requests_are_logged_in_its_own_place():
    kept = of("gcp", "logging/projectBucketConfig:ProjectBucketConfig")
    assert [each["location"] for each in kept.values()] == [
        place(market, "gcp") for market in sorted(MARKETS)
    ]
    buckets = of("aws", "s3/bucket:Bucket")
    logs = {f"edge-{market}-bucket": place(market, "aws") for market in MARKETS}
    assert {name: buckets[name]["region"] for name in logs} == logs, "RES-06"
    assert all(buckets[name]["bucket"].startswith("aws-waf-logs-") for name in logs)
    assert len(of("aws", "cloudwatch/logDelivery:LogDelivery")) == 4
    (elsewhere,) = of("gcp", "logging/projectExclusion:ProjectExclusion").values()
    assert elsewhere["filter"] == 'resource.type="http_load_balancer"'


@BOTH
def test_a_place_of_logs_that_the_settings_name_is_the_one(cloud):
    lawful = {"aws": "ap-northeast-3", "gcp": "asia-northeast2"}[cloud]
    found = above_regions(cloud, edge={"logs": {"jp": lawful}})
    text = repr(
        inputs(found, "aws:s3/bucket:Bucket", "gcp:logging/projectBucketConfig:ProjectBucketConfig")
    )
    assert lawful in text


def test_an_address_that_asks_too_often_is_refused():
    limit = Edge().requests_per_5_minutes
    for acl in of("aws", "wafv2/webAcl:WebAcl").values():
        first = acl["rules"][0]
        assert first["statement"]["rateBasedStatement"]["limit"] == limit
        assert "block" in first["action"]
        assert len(acl["rules"]) == 4
    for policy in of("gcp", "compute/securityPolicy:SecurityPolicy").values():
        last = policy["rules"][-1]
        assert last["rateLimitOptions"]["rateLimitThreshold"]["count"] == limit
        assert last["rateLimitOptions"]["exceedAction"] == "deny(429)"


def test_by_geography_every_country_of_a_market_is_led_to_it_and_no_other_is():
    records = of("aws", "route53/record:Record").values()
    led = {r["setIdentifier"]: r["aliases"][0]["name"] for r in records
           if "geolocationRoutingPolicies" in r}  # fmt: skip
    assert led["KR"] == "kr.api.manpasik.com"
    assert led["FR"] == led["NO"] == "eu.api.manpasik.com"
    assert len(led) == 33
    (common,) = [r for n, r in of("gcp", "dns/recordSet:RecordSet").items() if "common-name" in n]
    assert common["routingPolicy"]["enableGeoFencing"] is True


def test_by_latency_a_caller_is_led_to_the_nearest_healthy_region():
    more = {"routing": {"by": "latency"}}
    records = of("aws", "route53/record:Record", **more).values()
    nearest = [r for r in records if "latencyRoutingPolicies" in r]
    assert len(nearest) == 4
    assert all(r["aliases"][0]["evaluateTargetHealth"] for r in nearest)


@BOTH
def test_a_failover_is_a_second_answer_of_the_market_s_own_name(cloud):
    more = {"regions": ["us", "us-west"], "routing": {"failover": {"us": ["us-west"]}}}
    kind = {"aws": "route53/record:Record", "gcp": "dns/recordSet:RecordSet"}[cloud]
    records = of(cloud, kind, **more)
    if cloud == "aws":
        assert records["balancer-us"]["failoverRoutingPolicies"] == [{"type": "PRIMARY"}]
        assert records["balancer-us-without"]["failoverRoutingPolicies"] == [{"type": "SECONDARY"}]
        assert "failoverRoutingPolicies" not in records["balancer-us-west"]
    else:
        policy = records["balancer-us-name"]["routingPolicy"]["primaryBackup"]
        assert policy["backupGeos"][0]["location"] == "us-west1"
        assert "routingPolicy" not in records["balancer-us-west-name"]


def test_the_accelerator_s_two_addresses_take_the_place_of_dns_answers():
    more = {"routing": {"by": "latency", "accelerator": True}}
    groups = of("aws", "globalaccelerator/endpointGroup:EndpointGroup", **more)
    assert [g["endpointGroupRegion"] for g in groups.values()] == [
        place(market, "aws") for market in sorted(MARKETS)
    ]
    endpoints = [len(g["endpointConfigurations"]) for g in groups.values()]
    assert endpoints == [2, 2, 2, 2]


@BOTH
def test_a_zone_and_what_it_leads_to_survive_a_mistake(cloud):
    kinds = {
        "aws": {"aws:route53/zone:Zone", "aws:kms/key:Key", "aws:s3/bucket:Bucket"},
        "gcp": {
            "gcp:dns/managedZone:ManagedZone",
            "gcp:kms/cryptoKey:CryptoKey",
            "gcp:storage/bucket:Bucket",
            "gcp:compute/globalAddress:GlobalAddress",
        },
    }
    found = [each for each in above_regions(cloud) if each.type in kinds[cloud]]
    assert {each.type for each in found} == kinds[cloud]
    assert all(each.protect for each in found)
