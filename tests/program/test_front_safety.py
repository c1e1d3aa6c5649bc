"""Private, encrypted and logged above the regions too: rules over the graph (issue 5, line 4)."""

import json

import pytest

from tests.program.test_cloud_safety import POLICIES, WAIVED
from tests.support.clouds import CLOUDS, above_regions, inputs

BOTH = pytest.mark.parametrize("cloud", CLOUDS)
# Statement of a policy that says `*`, and why it may. Owner: operations. Seen 2026-11-24.
OF_KEYS = {
    "Account": WAIVED["Account"],
    "EncryptedOnly": WAIVED["EncryptedOnly"],
    "FrontServices": "a key's own policy: `*` is that key, for services of this account alone",
    "NameSigning": "a key's own policy: `*` is that key, for Route 53 in this account alone",
}


def statements():
    for kind, key in POLICIES:
        for name, found in inputs(above_regions("aws"), f"aws:{kind}").items():
            for statement in json.loads(found[key])["Statement"]:
                yield name, statement


def test_no_statement_says_everything_without_a_reason():
    said = list(statements())
    for name, statement in said:
        wide = [a for a in statement["Action"] if "*" in a]
        wide += [r for r in statement.get("Resource", []) if r == "*"]
        assert not wide or statement["Sid"] in OF_KEYS, f"{name}: {statement}"
        assert statement.get("Principal") != "*" or statement["Effect"] == "Deny", name
    assert {s["Sid"] for _, s in said} >= OF_KEYS.keys(), "no waiver is left over"


def test_what_amazon_s_services_may_do_they_may_do_for_this_account_alone():
    given = [s for _, s in statements() if "Service" in (s.get("Principal") or {})]
    assert {s["Sid"] for s in given} == {
        "FrontServices", "NameSigning", "Edges", "DeliveredLogs", "DeliveryLooks"}  # fmt: skip
    for statement in given:
        keys = {key.lower() for key in statement["Condition"]["StringEquals"]}
        assert keys == {"aws:sourceaccount"}


def test_nobody_in_the_world_is_given_anything():
    for each in above_regions("gcp"):
        assert not {"allUsers", "allAuthenticatedUsers"} & {str(each.inputs.get("member"))}
    for bucket in inputs(above_regions("gcp"), "gcp:storage/bucket:Bucket").values():
        assert bucket["publicAccessPrevention"] == "enforced"
    kind = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    closed = inputs(above_regions("aws"), kind)
    assert len(closed) == len(inputs(above_regions("aws"), "aws:s3/bucket:Bucket")) == 6
    for block in closed.values():
        assert {value for key, value in block.items() if key not in ("bucket", "region")} == {True}


def test_everything_at_rest_is_encrypted_with_a_key_of_its_own_place():
    kind = "BucketServerSideEncryptionConfiguration"
    for name, found in inputs(above_regions("aws"), f"aws:s3/b{kind[1:]}:{kind}").items():
        (rule,) = found["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"], name
    keys = inputs(above_regions("aws"), "aws:kms/key:Key")
    assert {key.get("enableKeyRotation") for n, key in keys.items() if "signing" not in n} == {True}
    for bucket in inputs(above_regions("gcp"), "gcp:storage/bucket:Bucket").values():
        assert bucket["encryption"]["defaultKmsKeyName"]
    rings = inputs(above_regions("gcp"), "gcp:kms/keyRing:KeyRing")
    kind = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
    for name, logs in inputs(above_regions("gcp"), kind).items():
        assert logs["cmekSettings"]["kmsKeyName"]
        assert rings[f"{name.removesuffix('-logs')}-key-ring"]["location"] == logs["location"]


def test_names_are_signed_on_both_clouds():
    signed = inputs(above_regions("aws"), "aws:route53/hostedZoneDnsSec:HostedZoneDnsSec")
    assert len(signed) == 1
    (zone,) = inputs(above_regions("gcp"), "gcp:dns/managedZone:ManagedZone").values()
    assert zone["dnssecConfig"]["state"] == "on"


@BOTH
def test_every_request_at_an_edge_and_to_a_region_is_logged(cloud):
    found = above_regions(cloud)
    edges = inputs(found, "aws:cloudfront/distribution:Distribution")
    assert len(inputs(found, "aws:cloudwatch/logDelivery:LogDelivery")) == len(edges)
    firewalls = inputs(found, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    assert len(firewalls) == len(inputs(found, "aws:wafv2/webAcl:WebAcl"))
    services = inputs(found, "gcp:compute/backendService:BackendService").values()
    assert all(each["logConfig"] == {"enable": True, "sampleRate": 1} for each in services)
    assert edges if cloud == "aws" else services
