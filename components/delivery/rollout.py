"""The Rollout of a service: canary or blue-green, from the settings (R-P3-CAN, R-P4-BG).

Only these functions know the shape. What it never does: `dynamicStableScale`, which would make an
abort wait for pods (decision 9); `autoPromotionSeconds`, which marks a running analysis as passed
(C-7); a pause without an end, at which Argo CD's sync would never finish.
"""

from dataclasses import dataclass

import pulumi_kubernetes as k8s

from components.delivery import analysis
from settings import names
from settings.strategy import Delivery, Strategy

MIN_READY_SECONDS = 10
# Going back to one of the last versions skips the steps: it was judged when it came (W-6).
KEPT_FOR_THE_WAY_BACK = 3
# Until every proxy has heard that a version has no traffic any more (C-5).
SCALE_DOWN_SECONDS = 30

Spec = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutArgs:
    """What a Rollout is made of."""

    name: str
    port: int
    replicas: int | None
    """None where an autoscaler says how many (W-1)."""
    template: k8s.core.v1.PodTemplateSpecArgs
    progress_deadline_seconds: int
    strategy: Strategy
    delivery: Delivery


def rollout(args: RolloutArgs) -> Spec:
    """The spec of a Rollout."""
    spec: Spec = {
        "minReadySeconds": MIN_READY_SECONDS,
        "progressDeadlineSeconds": args.progress_deadline_seconds,
        # A version that never becomes ready is not waited for (C-9).
        "progressDeadlineAbort": True,
        "rollbackWindow": {"revisions": KEPT_FOR_THE_WAY_BACK},
        "selector": {"matchLabels": names.selector(args.name)},
        "strategy": _blue_green(args) if args.strategy == "blue-green" else _canary(args),
        "template": args.template,
    }
    return spec if args.replicas is None else {"replicas": args.replicas} | spec


def _canary(args: RolloutArgs) -> Spec:
    hashes = (analysis.CANARY, analysis.STABLE)
    steps: list[Spec] = []
    for percent in args.delivery.release.steps:
        steps.append({"setWeight": percent})
        steps.append({"pause": {"duration": f"{args.delivery.release.step_seconds}s"}})
        steps.append({"analysis": _analysis("step", args.name, *hashes)})
    return {
        "canary": {
            "abortScaleDownDelaySeconds": args.delivery.release.abort_scale_down_seconds,
            # No caller uses it. Without one the controller waits until every new pod is available
            # before it looks at anything else: a crash loop is never aborted (decision 0045).
            "canaryService": names.preview(args.name),
            "analysis": _analysis("abort", args.name, *hashes),
            "scaleDownDelaySeconds": SCALE_DOWN_SECONDS,
            "steps": steps,
            "trafficRouting": {
                "istio": {
                    # Between subsets of one Service, never between Services: a split by host
                    # answers 503 at promote and abort (C-5).
                    "destinationRule": {
                        "name": args.name,
                        "canarySubsetName": names.CANARY,
                        "stableSubsetName": names.STABLE,
                    },
                    "virtualService": {"name": args.name, "routes": [names.ROUTE]},
                }
            },
        }
    }


def _blue_green(args: RolloutArgs) -> Spec:
    smoke = _analysis("smoke", args.name)
    smoke["args"] = [*analysis.arguments(args.name), {"name": "port", "value": str(args.port)}]
    return {
        "blueGreen": {
            "activeService": args.name,
            "previewService": names.preview(args.name),
            # Promotion is explicit (C-7).
            "autoPromotionEnabled": False,
            "abortScaleDownDelaySeconds": args.delivery.release.abort_scale_down_seconds,
            "prePromotionAnalysis": smoke,
            "postPromotionAnalysis": _analysis("watch", args.name, analysis.CANARY),
            # The way back stays warm beyond the watch, which would end with it (decision 10).
            "scaleDownDelaySeconds": args.delivery.idle_seconds,
        }
    }


def _analysis(template: str, name: str, *hashes: str) -> Spec:
    return {
        "templates": [{"templateName": names.analysis(template)}],
        "args": analysis.arguments(name, *hashes),
    }
