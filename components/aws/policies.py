"""IAM policies as typed statements; only this file knows the JSON.

A statement names its actions and resources one by one; `*` stands only where a waiver says why
(tests/program/test_cloud_safety.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

Values = pulumi.Input[str] | Sequence[pulumi.Input[str]]
Condition = Mapping[str, Mapping[str, Values]]
"""Operator, then key, then values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Who may do what with what."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    """Absent in the trust policy of a role, which speaks of the role itself."""
    services: Sequence[str] = ()
    """Amazon's services, where the policy is one of a resource."""
    principals: Sequence[pulumi.Input[str]] = ()
    everybody: bool = False
    allow: bool = True
    condition: Condition = field(default_factory=dict[str, Mapping[str, Values]])


def document(*statements: Statement) -> pulumi.Output[str]:
    """The JSON of a policy."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [_plain(each) for each in statements]}
    )


def trust(service: str, *actions: str, condition: Condition | None = None) -> pulumi.Output[str]:
    """Who may take a role: one of Amazon's services."""
    given = actions or ("sts:AssumeRole",)
    return document(
        Statement(sid="Trust", actions=given, services=[service], condition=condition or {})
    )


def role(
    name: str,
    physical: str,
    trusted: pulumi.Input[str],
    parent: pulumi.Resource,
    *,
    managed: Sequence[str] = (),
    statements: Sequence[Statement] = (),
) -> aws.iam.Role:
    """A role with Amazon's own policies and at most one of ours."""
    child = pulumi.ResourceOptions(parent=parent)
    made = aws.iam.Role(f"{name}-role", name=physical, assume_role_policy=trusted, opts=child)
    for policy in managed:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}",
            role=made.name,
            policy_arn=f"arn:aws:iam::aws:policy/{_PATHS.get(policy, policy)}",
            opts=child,
        )
    if statements:
        aws.iam.RolePolicy(
            f"{name}-policy", role=made.name, policy=document(*statements), opts=child
        )
    return made


_PATHS = {
    "AmazonEBSCSIDriverPolicy": "service-role/AmazonEBSCSIDriverPolicy",
    "AmazonRDSEnhancedMonitoringRole": "service-role/AmazonRDSEnhancedMonitoringRole",
}


def _plain(statement: Statement) -> dict[str, object]:
    found: dict[str, object] = {
        "Sid": statement.sid,
        "Effect": "Allow" if statement.allow else "Deny",
        "Action": list(statement.actions),
    }
    if statement.everybody:
        found["Principal"] = "*"
    elif statement.services:
        found["Principal"] = {"Service": list(statement.services)}
    elif statement.principals:
        found["Principal"] = {"AWS": list(statement.principals)}
    if statement.resources:
        found["Resource"] = list(statement.resources)
    return found | ({"Condition": statement.condition} if statement.condition else {})
