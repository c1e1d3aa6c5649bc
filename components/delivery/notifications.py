"""Who is told of a release that undid itself: the controllers' own notifications (R-P3-ABORT).

Owns the Rollouts controller's ConfigMap and the text of Argo CD's. The webhook's address is a key
of the Secret that each controller reads; without it the controller says so in its log, and nothing
else changes: a message never blocks a way back.
"""

import json
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.platform.namespaces import namespace
from components.pods import metadata
from settings import names

WEBHOOK = "slack-webhook"
"""The key of both Secrets (`…-notification-secret`, `argocd-notifications-secret`)."""
_HEADERS = "headers:\n- name: Content-Type\n  value: application/json\n"
_SERVICE = f"url: ${WEBHOOK}\n{_HEADERS}"
# The version before: the annotation of whoever applied the new one, else the old ReplicaSet's hash.
_PREVIOUS = (
    f"(index (default dict .rollout.metadata.annotations) {json.dumps(names.PREVIOUS_VERSION)} "
    "| default .rollout.status.stableRS)"
)
# The controller tells before it has written its status, so the reason stands in the analyses: of
# those that judge this version the one that ended badly. Without one, pods or a person ended it.
_REASON = (
    '{{ $reason := "its pods did not become ready in time" }}'
    '{{ if .rollout.status.abort }}{{ $reason = "aborted by a person" }}{{ end }}'
    "{{ range .analysisRuns }}"
    '{{ if has .status.phase (list "Failed" "Error" "Inconclusive") }}'
    "{{ $reason = default .status.phase .status.message }}"
    "{{ range .status.metricResults }}"
    '{{ if has .phase (list "Failed" "Error" "Inconclusive") }}'
    '{{ $reason = printf "%s %s" .name .phase }}'
    "{{ with .measurements }}{{ with (last .).value }}"
    '{{ $reason = printf "%s: %s" $reason . }}'
    "{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}"
)
_ABORTED = ".rollout.metadata.name $reason " + _PREVIOUS
_HISTORY = '{{ $history := default list .app.status.history }}{{ $previous := "" }}'
_BEFORE = (
    "{{ if gt (len $history) 1 }}"
    "{{ $previous = (index $history (sub (len $history) 2 | int)).revision }}{{ end }}"
)
_FAILED = (
    f'(trimPrefix "{names.APPLICATION}-" .app.metadata.name) .app.status.operationState.message'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationsArgs:
    """Where."""

    stack: str
    space: pulumi.Input[str] | None = None
    """The controller's namespace, where its chart made it."""


class Notifications(pulumi.ComponentResource):
    """The message of a rollback, from the Rollouts controller."""

    config_map: pulumi.Output[str]

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the controller's namespace and its ConfigMap."""
        super().__init__("manpasik:delivery:Notifications", name, None, opts)
        self._labels = names.labels(names.APPLICATION, "notifications", args.stack)
        child = pulumi.ResourceOptions(parent=self)
        space = args.space or namespace(names.ROLLOUTS_NAMESPACE, self._labels, child)
        made = k8s.core.v1.ConfigMap(
            f"{name}-rollouts",
            metadata=metadata(names.ROLLOUTS_NOTIFICATIONS, space, self._labels),
            data=aborted(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.config_map = made.metadata.name
        self.register_outputs({"config_map": self.config_map})


def aborted() -> dict[str, str]:
    """The Rollouts controller's: a release went back by itself."""
    return {
        "service.webhook.slack": _SERVICE,
        "subscriptions": "- recipients: [slack]\n  triggers: [on-rollout-aborted]\n",
        "template.rollout-aborted": _template(_REASON, "자동 롤백 실행 - %s, %s, %s", _ABORTED),
        "trigger.on-rollout-aborted": "- send: [rollout-aborted]\n",
    }


def not_synced() -> dict[str, str]:
    """Argo CD's: a version did not get in at all, a migration that failed for instance."""
    when = "app.status.operationState.phase in ['Error', 'Failed']"
    once = "app.status.operationState.syncResult.revision"
    return {
        "service.webhook.slack": _SERVICE,
        "subscriptions": "- recipients: [slack]\n  triggers: [on-not-synced]\n",
        "template.not-synced": _template(
            _HISTORY + _BEFORE, "배포 실패 - %s, %s, %s", _FAILED + " $previous"
        ),
        "trigger.on-not-synced": f"- when: {when}\n  oncePer: {once}\n  send: [not-synced]\n",
    }


def _template(before: str, message: str, values: str) -> str:
    """What the webhook is sent; reasons hold quotes, so the text is made JSON there."""
    body = f'{before}{{"text": {{{{ printf "{message}" {values} | toJson }}}}}}'
    return f"webhook:\n  slack:\n    method: POST\n    body: |\n      {body}\n"
