"""What Checkov finds is waived by somebody, for a reason and a while; pure (decision 0037)."""

import datetime

import pytest
from pydantic import ValidationError

from rendering.computed import COMPUTED
from rendering.recorder import Recorded, Secret
from rendering.terraform import configuration, snake, type_of
from tests.support.checkov import Finding, Report, Waiver, problems, waivers

DAY = datetime.date(2026, 11, 24)
GIVEN = {
    "check": "CKV_AWS_18",
    "resources": "dev-aws/aws_s3_bucket.*",
    "reason": "a log of the log would never end",
    "owner": "operations",
    "until": DAY,
}
FINDING = Finding(check="CKV_AWS_18", resource="dev-aws/aws_s3_bucket.logs", says="logs")
READ = {"dev-aws": 100}


def told(*findings, waived=(GIVEN,), today=DAY, passed=None):
    report = Report(passed=passed or READ, failed=findings)
    return problems(report, [Waiver(**each) for each in waived], today)


def test_a_finding_with_a_waiver_is_none():
    assert told(FINDING) == []


def test_a_finding_without_a_waiver_is_told_with_its_resource():
    assert told(FINDING, waived=()) == ["dev-aws/aws_s3_bucket.logs: logs (CKV_AWS_18)"]


def test_a_waiver_of_another_resource_waives_nothing():
    (unwaived, unused) = told(FINDING, waived=({**GIVEN, "resources": "staging-aws/aws_s3_*"},))
    assert "dev-aws" in unwaived
    assert "waives nothing any more" in unused


def test_a_waiver_past_its_day_fails_and_names_its_owner():
    (late,) = told(FINDING, today=DAY + datetime.timedelta(days=1))
    assert "held until 2026-11-24; operations must look again" in late


def test_a_graph_that_checkov_did_not_understand_is_no_clean_graph():
    assert told(waived=(), passed={"dev-aws": 3}) == ["dev-aws: Checkov read too little of it"]


@pytest.mark.parametrize("left_out", GIVEN)
def test_a_waiver_without_one_of_its_parts_is_refused(left_out):
    with pytest.raises(ValidationError, match=left_out):
        Waiver(**{key: value for key, value in GIVEN.items() if key != left_out})


def test_no_waiver_holds_for_longer_than_a_year():
    assert all(each.until <= datetime.date(2027, 11, 24) for each in waivers())


@pytest.mark.parametrize("token", COMPUTED)
def test_every_type_of_a_cloud_has_terraform_s_name(token):
    assert type_of(token).startswith({"aws": "aws_", "gcp": "google_"}[token.partition(":")[0]])
    assert "__" not in type_of(token)


@pytest.mark.parametrize(("name", "said"), [("kmsKeyId", "kms_key_id"), ("sSLPolicy", "ssl_policy"),
                         ("ipv4Enabled", "ipv4_enabled"), ("uRLMap", "url_map")])  # fmt: skip
def test_a_property_is_spelt_as_terraform_does(name, said):
    assert snake(name) == said


def recorded(kind, name, inputs, *reached):
    urn = f"urn:pulumi:dev::manpasik::{kind}::{name}"
    return Recorded(urn=urn, type=kind, name=name, inputs=inputs, parent="", protect=False,
                    dependencies=frozenset(each.urn for each in reached))  # fmt: skip


def test_what_one_resource_was_given_of_another_is_a_reference_and_a_secret_is_hidden():
    key = recorded("aws:kms/key:Key", "data-key", {})
    bucket = recorded("aws:s3/bucket:Bucket", "data", {
        "key": "data-key-id", "text": "at data-key-id ${x}", "password": Secret("hunter2"),
        "rules": [{"days": 1}], "tags": {"someKey": "x"}}, key)  # fmt: skip
    text = configuration([key, bucket])
    assert "key = aws_kms_key.data-key.id\n" in text
    assert '"at ${aws_kms_key.data-key.id} $${x}"' in text
    assert "  rule {\n    days = 1\n  }\n" in text
    assert '"someKey" = "x"' in text
    assert "hunter2" not in text
