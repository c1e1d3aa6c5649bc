"""Who may see and who may change the product's objects (R-ENV-2).

Owns Roles and RoleBindings for the groups of people. Nobody is given Secrets or a shell in a
container: `see` is Kubernetes' own `view`; `change` adds what running the product takes. Who may
change a pod template can make a pod that reads a Secret: `change` is for people so far trusted.
That only operations may change Production, and only after an approval, is half here, half in the
pipeline.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.pods import metadata
from settings import names
from settings.environments import Group

_CHANGE = (
    (["apps"], ["deployments", "deployments/scale"], ["patch", "update"]),
    (["autoscaling"], ["horizontalpodautoscalers"], ["patch", "update"]),
    (["batch"], ["jobs"], ["create", "delete"]),
    # The lock of a release and its record (decision 0048).
    ([""], ["configmaps"], ["create", "delete", "patch", "update"]),
    (["coordination.k8s.io"], ["leases"], ["get", "create", "delete", "patch", "update"]),
    ([""], ["pods"], ["delete"]),
    ([""], ["pods/eviction"], ["create"]),
)
"""API groups, resources, verbs; to read them is `view`'s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessArgs:
    """Who and where."""

    stack: str
    groups: Mapping[Group, str]
    """Each group's right: `see` or `change`."""
    subjects: Mapping[Group, str]
    """What the cluster calls each group."""
    application: pulumi.Input[str]
    """The namespace that may be changed."""
    seen: Mapping[str, pulumi.Input[str]]
    """The namespaces that may be seen, by name."""


class Access(pulumi.ComponentResource):
    """Roles and bindings of an environment's groups."""

    groups: Sequence[Group]

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Bind every group to `view`, and those that may change to a role of its own."""
        super().__init__("manpasik:platform:Access", name, None, opts)
        self.groups = _in_order(args.groups)
        for space, namespace in args.seen.items():
            view = _role("ClusterRole", "view")
            everybody = self.groups
            self._binding(f"{space}-see", "manpasik-see", namespace, view, everybody, args)
        changing: list[Group] = [g for g in self.groups if args.groups[g] == "change"]
        if changing:
            role = self._change_role(args)
            found = _role("Role", role.metadata.name)
            self._binding("change", "manpasik-change", args.application, found, changing, args)
        self.register_outputs({"groups": self.groups})

    def _change_role(self, args: AccessArgs) -> k8s.rbac.v1.Role:
        labels = names.labels("manpasik-change", "access", args.stack)
        rules = [
            k8s.rbac.v1.PolicyRuleArgs(api_groups=groups, resources=resources, verbs=verbs)
            for groups, resources, verbs in _CHANGE
        ]
        return k8s.rbac.v1.Role(
            "change-role",
            metadata=metadata("manpasik-change", args.application, labels),
            rules=rules,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _binding(
        self,
        logical: str,
        own_name: str,
        namespace: pulumi.Input[str],
        role: k8s.rbac.v1.RoleRefArgs,
        groups: Sequence[Group],
        args: AccessArgs,
    ) -> None:
        k8s.rbac.v1.RoleBinding(
            f"{logical}-binding",
            metadata=metadata(own_name, namespace, names.labels(own_name, "access", args.stack)),
            role_ref=role,
            subjects=[
                k8s.rbac.v1.SubjectArgs(
                    kind="Group", name=args.subjects[group], api_group="rbac.authorization.k8s.io"
                )
                for group in groups
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _in_order(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups)


def _role(kind: str, name: pulumi.Input[str]) -> k8s.rbac.v1.RoleRefArgs:
    return k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind=kind, name=name)
