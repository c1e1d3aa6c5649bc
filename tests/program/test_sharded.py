"""A region's database: Citus by StackGres, with backups in the region (R-P4-DB, D-10)."""

import pulumi
import pytest

from rendering import record
from settings import SettingsError, load
from tests.support.clouds import CLOUDS, REGION_STACKS, inputs, place_alone, whole
from tests.support.topologies import place, region

EACH = pytest.mark.parametrize("cloud", CLOUDS)
BUCKET = {"aws": "aws:s3/bucket:Bucket", "gcp": "gcp:storage/bucket:Bucket"}
NEAR = {"aws": "ap-northeast-3", "gcp": "asia-northeast2"}
"""Another place in Japan."""


def objects(cloud, kind):
    found = inputs(whole("production-kr", cloud), f"kubernetes:stackgres.io/{kind}")
    return next(iter(found.values()))


@EACH
def test_a_region_has_a_database_of_its_own_and_none_that_the_cloud_manages(cloud):
    types = {each.type for each in whole("production-kr", cloud)}
    assert "manpasik:data:Sharded" in types
    assert f"manpasik:{cloud}:Database" not in types


@EACH
def test_it_has_as_many_servers_as_the_settings_say_on_the_platform_s_nodes(cloud):
    spec = objects(cloud, "v1alpha1:SGShardedCluster")["spec"]
    citus = load(REGION_STACKS[0]).stack.database
    assert spec["type"] == "citus"
    assert spec["coordinator"]["instances"] == citus.replicas
    assert spec["shards"]["clusters"] == citus.shards
    assert spec["shards"]["instancesPerCluster"] == citus.replicas
    for group in (spec["coordinator"], spec["shards"]):
        assert group["pods"]["persistentVolume"]["size"] == citus.storage
        assert group["pods"]["scheduling"]["nodeSelector"] == {"manpasik.com/pool": "platform"}
        assert group["pods"]["disableConnectionPooling"], "M-3: a migration's lock"


@EACH
def test_it_speaks_tls_and_loses_no_write_and_logs_no_statement(cloud):
    spec = objects(cloud, "v1alpha1:SGShardedCluster")["spec"]
    assert spec["postgres"]["ssl"]["enabled"], "ENV-03"
    assert spec["replication"]["mode"] == "strict-sync"
    told = objects(cloud, "v1:SGPostgresConfig")["spec"]["postgresql.conf"]
    assert told["log_min_duration_statement"] == "-1"
    assert int(told["max_connections"]) >= 1000, "ENV-13"


@EACH
def test_its_backups_go_to_the_stack_s_bucket_in_the_region_and_last_as_long_as_it_says(cloud):
    (kept,) = objects(cloud, "v1alpha1:SGShardedCluster")["spec"]["configurations"]["backups"]
    assert kept["retention"] == load(REGION_STACKS[0]).stack.backups.retention_days
    (storage,) = [objects(cloud, "v1beta1:SGObjectStorage")["spec"]]
    bucket = inputs(whole("production-kr", cloud), BUCKET[cloud])["backups-bucket"]
    found = storage[storage["type"]]
    assert found["bucket"] == (bucket["bucket"] if cloud == "aws" else bucket["name"]), "RES-03"
    assert found.get("region", place("kr", cloud)) == place("kr", cloud)
    assert "secretKeySelectors" not in str(storage), "by identity, without a key"


def test_on_aws_each_server_may_open_its_own_folder_of_that_bucket_alone():
    found = inputs(whole("production-kr", "aws"), "aws:iam/rolePolicy:RolePolicy")
    mine = {name: each for name, each in found.items() if name.startswith("postgres-")}
    assert len(mine) == 4, "a coordinator and three shards"
    assert all(
        "backups-bucket/sgbackups.stackgres.io/*" in each["policy"] for each in mine.values()
    )
    assert not any('"*"' in each["policy"] for each in mine.values())


def test_on_google_each_server_may_use_objects_of_that_bucket_alone():
    found = inputs(whole("production-kr", "gcp"), "gcp:storage/bucketIAMMember:BucketIAMMember")
    mine = [each for name, each in found.items() if name.startswith("postgres-")]
    assert len(mine) == 4
    assert {each["role"] for each in mine} == {"roles/storage.objectUser"}


@EACH
def test_a_choice_that_nobody_has_run_is_refused_before_anything_is_made(cloud):
    settings = load("production-jp", region("jp", cloud, database={"engine": "cockroachdb"}))
    with pytest.raises(pulumi.RunError, match=r"database\.engine = cockroachdb.*set engine: citus"):
        record(settings)


@EACH
def test_a_copy_of_the_backups_lies_where_it_says_with_a_key_of_that_place(cloud):
    given = region("jp", cloud, backups={"copies": [NEAR[cloud]]})
    found = tuple(record(load("production-jp", given), root=place_alone()))
    copy = inputs(found, BUCKET[cloud])[f"backups-copies-{NEAR[cloud]}-bucket"]
    if cloud == "aws":
        assert copy["region"] == NEAR["aws"]
        kind = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
        (rule,) = next(iter(inputs(found, kind).values()))["rules"]
        assert rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"]
        assert rule["status"] == "Enabled"
    else:
        assert copy["location"] == NEAR["gcp"].upper()
        (job,) = inputs(found, "gcp:storage/transferJob:TransferJob").values()
        assert job["transferSpec"]["gcsDataSink"]["bucketName"] == copy["name"]


REFUSED = {
    "backups.copies": ("production", {"environment": "production", "phase": 3, "gitops": False,
        "images": {"tag": "v1.0.0"}, "backups": {"copies": ["ap-northeast-2"]},
        "cloud": {"provider": "aws", "region": "ap-northeast-2"}}),
    "backups.copies.0": ("production-jp", region("jp", backups={"copies": ["ap-northeast-1"]})),
    "logs.location": ("production-jp", region("jp", logs={"location": "ap-northeast-3"})),
}  # fmt: skip


@pytest.mark.parametrize("key", REFUSED)
def test_what_no_component_can_make_is_refused_by_its_key(key):
    name, given = REFUSED[key]
    with pytest.raises(SettingsError, match=rf"manpasik:stack\.{key} "):
        load(name, given)
