"""GitOps by Argo CD: a project, one Application for each service, and one that holds them all.

Each Application follows the rendered path of its service (decision 8, R-P3-MESH); ignore rules come
from `settings/ownership.py` (W-2, W-3; which of them syncs respect, and why: decision 0049). Owns
neither Argo CD itself nor the repository. Who may do what is the environment's `access` (R-ENV-2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.contracts import Installed
from components.delivery import notifications
from components.delivery.notifications import Notifications, NotificationsArgs
from components.platform.namespaces import namespace
from components.pods import metadata
from settings import names, ownership
from settings.environments import Group
from settings.loader import Settings
from settings.stack import Repository
from settings.strategy import Strategy

Spec = dict[str, object]

TREE = "infrastructure/kubernetes/apps"
IN_CLUSTER = "https://kubernetes.default.svc"
RETRIES = 5
RETRY_SECONDS, RETRY_MOST_SECONDS = 10, 180
KEPT_REVISIONS = 10
# Before the services: what they name. The parts are folders of the tree.
PARTS_WAVES: Mapping[str, int] = {"platform": -2, "data": -1}
_VERSION = "argoproj.io/v1alpha1"
# What the Rollouts controller writes, by strategy. `replicas` is no difference where git says none,
# and must come through where git says some.
_IGNORED: Mapping[Strategy, Sequence[str]] = {
    "rolling": (),
    "canary": ("VirtualService", "DestinationRule"),
    "blue-green": ("Service",),
}
# A sync that respects an ignored entry of a list takes the whole list from the live object: no
# timeout in git would ever reach a route. A Service's selector is a mapping, which it merges.
_RESPECTED: Sequence[Strategy] = ("blue-green",)
# The API server fills a claim's template in, and lets nobody change it: no difference to mend.
_DEFAULTED: Spec = {
    "group": "apps",
    "kind": "StatefulSet",
    "jqPathExpressions": [".spec.volumeClaimTemplates"],
}
_RESPECT = "RespectIgnoreDifferences=true"
_SEE = ("get",)
_CHANGE = ("get", "sync", "update", "action/argoproj.io/Rollout/*")
_CLUSTER_KINDS = (
    ("", "Namespace"),
    ("cert-manager.io", "ClusterIssuer"),
    ("networking.k8s.io", "IngressClass"),
    ("scheduling.k8s.io", "PriorityClass"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class GitOpsArgs:
    """What Argo CD is told."""

    stack: str
    repository: Repository
    services: Sequence[str]
    access: Mapping[Group, str]
    strategy: Strategy
    space: pulumi.Input[str] | None = None
    """Argo CD's namespace, where its chart made it."""


class GitOps(pulumi.ComponentResource):
    """Namespace, project and Applications."""

    root: str

    def __init__(
        self, name: str, args: GitOpsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the project first: an Application without one is refused."""
        super().__init__("manpasik:delivery:GitOps", name, None, opts)
        self._args = args
        self._labels = names.labels(names.PROJECT, "gitops", args.stack)
        child = pulumi.ResourceOptions(parent=self)
        space = args.space or namespace(names.GITOPS_NAMESPACE, self._labels, child)
        project = self._custom("AppProject", "project", names.PROJECT, space, _project(args))
        self._application(space, names.PROJECT, root(args), project, {})
        waves = {**PARTS_WAVES, **dict.fromkeys(args.services, 0)}
        for part, wave in waves.items():
            own_name, spec = names.application(part), application(args, part)
            self._application(space, own_name, spec, project, {names.WAVE: str(wave)})
        k8s.core.v1.ConfigMap(
            "gitops-notifications",
            metadata=metadata(names.GITOPS_NOTIFICATIONS, space, self._labels),
            data=notifications.not_synced(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.root = names.PROJECT
        self.register_outputs({"root": self.root})

    def _application(
        self,
        space: pulumi.Input[str],
        own_name: str,
        spec: Spec,
        project: pulumi.Resource,
        annotations: Mapping[str, str],
    ) -> None:
        self._custom(
            "Application", own_name, own_name, space, spec, project, annotations=annotations
        )

    def _custom(
        self,
        kind: str,
        logical: str,
        own_name: str,
        space: pulumi.Input[str],
        spec: Spec,
        *after: pulumi.Resource,
        annotations: Mapping[str, str] | None = None,
    ) -> k8s.apiextensions.CustomResource:
        return k8s.apiextensions.CustomResource(
            f"gitops-{logical}",
            api_version=_VERSION,
            kind=kind,
            metadata=metadata(own_name, space, self._labels, dict(annotations or {}) or None),
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                ignore_changes=ownership.written_by_others(kind, "people") or None,
            ),
        )


def gitops(settings: Settings, platform: Installed, opts: pulumi.ResourceOptions) -> None:
    """What a stack needs so that Argo CD and the Rollouts controller do their part."""
    stack, spaces = settings.stack_name, platform.spaces
    if settings.delivery.strategy != "rolling":
        told = NotificationsArgs(stack=stack, space=spaces.get(names.ROLLOUTS_NAMESPACE))
        Notifications("notifications", told, opts)
    if settings.delivery.gitops:
        args = GitOpsArgs(
            stack=stack,
            repository=settings.stack.repository,
            services=sorted(settings.services),
            access=settings.environment.access,
            strategy=settings.delivery.strategy,
            space=spaces.get(names.GITOPS_NAMESPACE),
        )
        GitOps("gitops", args, opts)


def application(args: GitOpsArgs, part: str) -> Spec:
    """The Application of a service, or of what all services need."""
    ignored = [*ownership.ignored_differences(_IGNORED[args.strategy]), _DEFAULTED]
    return _application(args, part, ignored, respected=args.strategy in _RESPECTED)


def root(args: GitOpsArgs) -> Spec:
    """The Application that holds the others: it leaves a stopped sync stopped (D-12)."""
    ignored = ownership.ignored_differences(["Application"])
    return _application(args, "argocd", ignored, respected=True)


def _application(
    args: GitOpsArgs, part: str, ignored: list[dict[str, object]], *, respected: bool
) -> Spec:
    return {
        "project": names.PROJECT,
        "source": {
            "repoURL": args.repository.url,
            "targetRevision": args.repository.revision,
            "path": f"{TREE}/{args.stack}/{part}",
        },
        "destination": {"server": IN_CLUSTER, "namespace": names.APPLICATION_NAMESPACE},
        "ignoreDifferences": ignored,
        "revisionHistoryLimit": KEPT_REVISIONS,
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "retry": {
                "limit": RETRIES,
                # A commit that mends a failing one does not wait behind its retries.
                "refresh": True,
                "backoff": {
                    "duration": f"{RETRY_SECONDS}s",
                    "factor": 2,
                    "maxDuration": f"{RETRY_MOST_SECONDS}s",
                },
            },
            "syncOptions": [
                *((_RESPECT,) if respected else ()),
                "ServerSideApply=true",
                "ApplyOutOfSyncOnly=true",
                # What left the tree goes last, when its successor is healthy.
                "PruneLast=true",
            ],
        },
    }


def _project(args: GitOpsArgs) -> Spec:
    others = {names.GITOPS_NAMESPACE, names.MESH_NAMESPACE, names.ROLLOUTS_NAMESPACE}
    spaces = sorted({*names.NAMESPACES, *others})
    return {
        "description": "The product's services and what they need",
        "sourceRepos": [args.repository.url],
        "destinations": [{"server": IN_CLUSTER, "namespace": space} for space in spaces],
        "clusterResourceWhitelist": [
            {"group": group, "kind": kind} for group, kind in _CLUSTER_KINDS
        ],
        "roles": [_role(group, right) for group, right in sorted(args.access.items())],
    }


def _role(group: Group, right: str) -> Spec:
    verbs = _CHANGE if right == "change" else _SEE
    subject = f"proj:{names.PROJECT}:{group}"
    return {
        "name": group,
        "groups": [group],
        "policies": [
            f"p, {subject}, applications, {verb}, {names.PROJECT}/*, allow" for verb in verbs
        ],
    }
