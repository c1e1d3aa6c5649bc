"""Private, encrypted and logged: rules over the recorded graph, and Checkov's (issue 5, line 4)."""

import dataclasses
import datetime
import json

import pytest

from rendering.recorder import reveal
from rendering.terraform import configuration
from tests.support import checkov
from tests.support.clouds import CLOUD_STACKS, CLOUDS, inputs, whole

AWS = pytest.mark.parametrize("stack", CLOUD_STACKS)
BOTH = pytest.mark.parametrize(
    ("stack", "cloud"), [(stack, cloud) for stack in CLOUD_STACKS for cloud in CLOUDS]
)
PROTECTED = {
    "aws": {"kms/key:Key", "rds/instance:Instance", "s3/bucket:Bucket", "eks/cluster:Cluster",
            "elasticache/replicationGroup:ReplicationGroup"},
    "gcp": {"kms/cryptoKey:CryptoKey", "sql/databaseInstance:DatabaseInstance",
            "storage/bucket:Bucket", "container/cluster:Cluster", "redis/instance:Instance"},
}  # fmt: skip
# Statement of a policy that says `*`, and why it may. Owner: operations. Seen 2026-11-24.
WAIVED = {
    "Account": "a key's own policy: `*` is that key; without kms:* nobody could ever change it",
    "NodeDisks": "a key's own policy: `*` is that key",
    "NodeDiskGrants": "a key's own policy: `*` is that key",
    "Logs": "a key's own policy: `*` is that key, for log groups of this stack by condition",
    "Look": "Describe calls of autoscaling, ec2 and eks know no resources",
    "Size": "groups are named by EKS at random; the condition holds it to this cluster's tag",
    "FindZone": "ListHostedZonesByName knows no resources",
    "EncryptedOnly": "a refusal: it gives nobody anything",
}


POLICIES = (
    ("iam/role:Role", "assumeRolePolicy"),
    ("iam/rolePolicy:RolePolicy", "policy"),
    ("kms/key:Key", "policy"),
    ("s3/bucketPolicy:BucketPolicy", "policy"),
)


def statements(stack):
    for kind, key in POLICIES:
        for name, found in inputs(whole(stack, "aws"), f"aws:{kind}").items():
            for statement in json.loads(found[key])["Statement"]:
                yield name, statement


@AWS
def test_no_statement_says_everything_without_a_reason(stack):
    for name, statement in statements(stack):
        wide = [a for a in statement["Action"] if "*" in a]
        wide += [r for r in statement.get("Resource", []) if r == "*"]
        assert not wide or statement["Sid"] in WAIVED, f"{name}: {statement}"
        assert statement.get("Principal") != "*" or statement["Effect"] == "Deny", name


def test_no_waiver_is_left_over():
    said = [*statements("production"), *statements("production-kr")]
    assert {s["Sid"] for _, s in said} >= WAIVED.keys()


@AWS
def test_no_group_lets_the_internet_in(stack):
    for name, group in inputs(whole(stack, "aws"), "aws:ec2/securityGroup:SecurityGroup").items():
        for rule in group.get("ingress", []):
            assert "0.0.0.0/0" not in rule.get("cidrBlocks", []), name
    (default,) = inputs(
        whole(stack, "aws"), "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    ).values()
    assert default.keys() == {"vpcId"}, "the default group allows nothing"


@BOTH
def test_no_store_and_no_node_has_a_public_address(stack, cloud):
    found = whole(stack, cloud)
    for subnet in inputs(found, "aws:ec2/subnet:Subnet").values():
        assert subnet["mapPublicIpOnLaunch"] is False
    for server in inputs(found, "aws:rds/instance:Instance").values():
        assert server["publiclyAccessible"] is False
    for server in inputs(found, "gcp:sql/databaseInstance:DatabaseInstance").values():
        assert server["settings"]["ipConfiguration"]["ipv4Enabled"] is False
        assert server["settings"]["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY", "ENV-03"
    for cluster in inputs(found, "gcp:container/cluster:Cluster").values():
        assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
        assert cluster["privateClusterConfig"]["enablePrivateEndpoint"] is True
    for cluster in inputs(found, "aws:eks/cluster:Cluster").values():
        assert cluster["vpcConfig"]["endpointPublicAccess"] is False


@BOTH
def test_no_bucket_can_become_public(stack, cloud):
    found = whole(stack, cloud)
    buckets = inputs(found, "aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket")
    blocks = inputs(found, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").values()
    closed = [b for b in blocks if all(value for key, value in b.items() if key != "bucket")]
    closed += [b for b in buckets.values() if b.get("publicAccessPrevention") == "enforced"]
    assert len(closed) == len(buckets) > 0


KEYS = {
    "aws:rds/instance:Instance": "kmsKeyId",
    "aws:elasticache/replicationGroup:ReplicationGroup": "kmsKeyId",
    "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId",
    "gcp:sql/databaseInstance:DatabaseInstance": "encryptionKeyName",
    "gcp:redis/instance:Instance": "customerManagedKey",
}


@BOTH
def test_everything_at_rest_is_encrypted_with_a_key_of_our_own(stack, cloud):
    found = whole(stack, cloud)
    for kind, key in KEYS.items():
        assert all(each.get(key) for each in inputs(found, kind).values()), kind
    for template in inputs(found, "aws:ec2/launchTemplate:LaunchTemplate").values():
        for disk in template["blockDeviceMappings"]:
            assert disk["ebs"]["encrypted"] == "true"
            assert disk["ebs"]["kmsKeyId"]
    for pool in inputs(found, "gcp:container/nodePool:NodePool").values():
        assert pool["nodeConfig"]["bootDiskKmsKey"]
    for bucket in inputs(found, "gcp:storage/bucket:Bucket").values():
        assert bucket["encryption"]["defaultKmsKeyName"]
    for cluster in inputs(found, "aws:eks/cluster:Cluster").values():
        assert cluster["encryptionConfig"]["resources"] == ["secrets"]
    for cluster in inputs(found, "gcp:container/cluster:Cluster").values():
        assert cluster["databaseEncryption"]["state"] == "ENCRYPTED"
    (volumes,) = inputs(found, "kubernetes:storage.k8s.io/v1:StorageClass").values()
    assert volumes["parameters"].keys() & {"kmsKeyId", "disk-encryption-kms-key"}


@AWS
def test_pods_get_no_credentials_of_their_node(stack):
    for template in inputs(whole(stack, "aws"), "aws:ec2/launchTemplate:LaunchTemplate").values():
        assert template["metadataOptions"]["httpTokens"] == "required", "IMDSv2"
        assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    for pool in inputs(whole(stack, "gcp"), "gcp:container/nodePool:NodePool").values():
        assert pool["nodeConfig"]["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}


@AWS
def test_every_log_is_on(stack):
    found = whole(stack, "aws") + whole(stack, "gcp")
    (cluster,) = inputs(found, "aws:eks/cluster:Cluster").values()
    assert len(cluster["enabledClusterLogTypes"]) == 5
    (flows,) = inputs(found, "aws:ec2/flowLog:FlowLog").values()
    assert flows["trafficType"] == "ALL"
    assert inputs(found, "gcp:compute/subnetwork:Subnetwork")["nodes"]["logConfig"]
    (bucket,) = inputs(found, "gcp:logging/projectBucketConfig:ProjectBucketConfig").values()
    assert bucket["location"] == "asia-northeast3", "logs stay in the country (R-P4-REG)"
    for server in inputs(found, "gcp:sql/databaseInstance:DatabaseInstance").values():
        assert server["settings"]["backupConfiguration"]["location"] == "asia-northeast3"


@BOTH
def test_what_holds_people_s_data_is_protected_where_there_are_people(stack, cloud):
    kinds = {f"{cloud}:{kind}" for kind in PROTECTED[cloud]}
    if "-" in stack:
        kinds -= {"aws:rds/instance:Instance", "gcp:sql/databaseInstance:DatabaseInstance"}
        kinds |= {"kubernetes:stackgres.io/v1alpha1:SGShardedCluster"}
    found = [each for each in whole(stack, cloud) if each.type in kinds]
    assert {each.type for each in found} == kinds
    assert {each.protect for each in found} == {stack != "dev"}


@BOTH
def test_the_pools_of_all_pods_fit_into_the_database(stack, cloud):
    found = inputs(whole(stack, cloud), "kubernetes:core/v1:ConfigMap")
    mode = found["manpasik-config"]["data"]["DB_SSLMODE"]
    assert mode.startswith("require&pool_max_conns=")
    assert int(mode.rpartition("=")[2]) >= 1, "ENV-13"


def spoiled(found, **by_name):
    """The same graph with some resources' properties changed, or without the resource."""
    for each in found:
        change = by_name.get(each.name.replace("-", "_"), {})
        if change is not None:
            yield dataclasses.replace(each, inputs={**reveal(each.inputs), **change})


OPEN = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
ANYTHING = {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip
SPOILED = {
    "spoiled-aws": {"database_server": {"publiclyAccessible": True, "storageEncrypted": False},
                    "database_group": {"ingress": [OPEN]},
                    "backups_closed": None,
                    "cluster_autoscaler_policy": {"policy": json.dumps(ANYTHING)}},
    "spoiled-gcp": {"database_server": {"settings": {"ipConfiguration": {"ipv4Enabled": True}}},
                    "backups_bucket": {"publicAccessPrevention": "inherited"},
                    "data_key": {"rotationPeriod": None},
                    "refused": None},
}  # fmt: skip
FOUND = {
    "spoiled-aws": {"CKV_AWS_16", "CKV_AWS_17", "CKV_AWS_24", "CKV2_AWS_6", "CKV_AWS_62"},
    "spoiled-gcp": {"CKV_GCP_14", "CKV_GCP_60", "CKV_GCP_114", "CKV_GCP_43", "CKV2_GCP_18"},
}


@pytest.fixture(scope="module")
def judged():
    """One run of Checkov over every graph, and over two that were spoiled."""
    texts = {name: configuration(found) for name, found in checkov.graphs().items()}
    for name, changes in SPOILED.items():
        whole_one = whole("production", name.rpartition("-")[2])
        texts[name] = configuration(spoiled(whole_one, **changes))
    return checkov.scan(texts)


def of_graphs(report, names):
    failed = [each for each in report.failed if each.resource.partition("/")[0] in names]
    return checkov.Report(passed={n: report.passed[n] for n in names}, failed=failed)


def test_checkov_finds_nothing_that_nobody_answers_for(judged):
    names = judged.passed.keys() - SPOILED.keys()
    today = datetime.datetime.now(datetime.UTC).date()
    assert len(names) == 12
    assert checkov.problems(of_graphs(judged, names), checkov.waivers(), today) == []


@pytest.mark.parametrize("name", SPOILED)
def test_checkov_finds_what_was_spoiled(judged, name):
    clean = {
        each.check for each in of_graphs(judged, {name.replace("spoiled", "production")}).failed
    }
    found = {each.check for each in of_graphs(judged, {name}).failed}
    assert found - clean >= FOUND[name]
