"""The Job that makes the Kafka topics before any service starts (KAFKA-02).

Adds partitions' worth of topics that are absent; changes and deletes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from settings import names
from settings.catalog import Topic

DEADLINE_SECONDS = 300
MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicsArgs:
    """Which topics, where."""

    stack: str
    namespace: pulumi.Input[str]
    image: str
    user: int
    brokers: pulumi.Input[str]
    topics: Mapping[str, Topic]
    runs_after: Sequence[pulumi.Resource] = ()


class Topics(pulumi.ComponentResource):
    """One Job, named after the digest of the topics (pitfall A-2)."""

    job: k8s.batch.v1.Job

    def __init__(
        self, name: str, args: TopicsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the Job."""
        super().__init__("manpasik:data:Topics", name, None, opts)
        script = topics_script(args.topics)
        labels = names.labels("kafka-topics", "migration", args.stack)
        container = k8s.core.v1.ContainerArgs(
            name="rpk",
            image=args.image,
            command=["sh", "-c", script],
            env=[k8s.core.v1.EnvVarArgs(name="BROKERS", value=args.brokers)],
            resources=pods.resources("50m", "64Mi", memory_limit="256Mi"),
            security_context=pods.container_security(writable_root=True),
        )
        template = k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=labels),
            spec=k8s.core.v1.PodSpecArgs(
                automount_service_account_token=False,
                enable_service_links=False,
                security_context=pods.pod_security(args.user),
                restart_policy="Never",
                priority_class_name=names.priority("data"),
                containers=[container],
            ),
        )
        self.job = pods.job(
            f"{name}-job",
            "kafka-topics",
            args.namespace,
            labels,
            template,
            DEADLINE_SECONDS,
            # The broker is an edge that no value carries.
            pulumi.ResourceOptions(parent=self, depends_on=list(args.runs_after)),
        )
        self.register_outputs({"job": self.job.metadata.name})


def topics_script(topics: Mapping[str, Topic]) -> str:
    """Shell that makes each absent topic, and fails when one cannot be made."""
    lines = ["set -eu"]
    for name, topic in sorted(topics.items()):
        retention = topic.retention_days * MILLISECONDS_PER_DAY
        lines.append(
            f'rpk topic describe {name} -X brokers="$BROKERS" >/dev/null 2>&1 || '
            f'rpk topic create {name} -X brokers="$BROKERS" -p {topic.partitions} -r 1 '
            f"-c retention.ms={retention}"
        )
    return "\n".join(lines) + "\n"
