"""Every physical name, in one place.

Objects keep the product's own names. A database's name is the key to patients' data: when it
changes, the service starts on an empty database.
"""

import hashlib
import json
import re
from collections.abc import Mapping

APPLICATION_NAMESPACE = "manpasik"
DATA_NAMESPACE = "manpasik-data"
MONITORING_NAMESPACE = "manpasik-monitoring"
NAMESPACES = (APPLICATION_NAMESPACE, DATA_NAMESPACE, MONITORING_NAMESPACE)

CONFIG_MAP = "manpasik-config"
SECRET = "manpasik-secrets"  # noqa: S105 - the name of the object
INGRESS = "manpasik-ingress"
"""The Ingress, and from phase 3 the mesh's Gateway and route: the product's own name."""
CERTIFICATE_SECRET = "manpasik-tls"  # noqa: S105 - the name of the object
MIGRATION_STEPS = "manpasik-migration-steps"
DATA_SECRET = "manpasik-data-secrets"  # noqa: S105 - the name of the object
ALERTING_SECRET = "manpasik-alerting"  # noqa: S105 - the name of the object
POOL_LABEL = "manpasik.com/pool"
"""Label of a node, and taint of the platform's: which pool it belongs to (D-7)."""
SERVICES_POOL = "services"
PLATFORM_POOL = "platform"
MESH_NAMESPACE = "istio-ingress"
"""Where the mesh's gateway runs, and so where it looks for the host's certificate."""
MESH_ENTRANCE = "istio-ingress"
"""The mesh's gateway in that namespace: its Deployment, Service and ServiceAccount."""
MESH_SELECTOR = {"istio": "ingress"}
"""By which labels the mesh's objects know the pods of its gateway."""
GITOPS_NAMESPACE = "argocd"
PROJECT = "manpasik"
"""Argo CD's project, and the Application that holds the others."""
ROLLOUTS_NAMESPACE = "argo-rollouts"
ROLLOUTS_NOTIFICATIONS = "argo-rollouts-notification-configmap"
GITOPS_NOTIFICATIONS = "argocd-notifications-cm"
"""The names under which the controllers look for what they shall say to whom."""
PREVIOUS_VERSION = "manpasik.com/previous-version"
"""Annotation of a Rollout: the version before the one that it rolls to."""
WAVE = "argocd.argoproj.io/sync-wave"
"""Annotation in the rendered tree: when Argo CD applies an object (decision 8)."""
STABLE, CANARY = "stable", "canary"
"""The subsets between which the mesh splits a service's traffic (C-5)."""
ROUTE = "primary"
"""The route whose weights a canary moves."""
PRIORITIES = {"data": 100000, "critical": 10000, "standard": 1000}
"""Who keeps running when nodes are full: the data stores, then the services that matter most."""
ANNOTATION_PREFIX = "manpasik.com/"
SCHEMA_ANNOTATION = "manpasik.com/schema-version"
"""Of a workload, and so of each revision that it keeps: the schema its code was released with."""
APPLICATION = "manpasik"
_LONGEST_NAME = LONGEST_DATABASE = 63
"""Bytes of a database's name that PostgreSQL keeps; it cuts the rest without an error."""


def database(service: str) -> str:
    """The PostgreSQL database of a service (decision 7: one each)."""
    return "manpasik_" + service.removesuffix("-service").replace("-", "_")


def migration_role(database: str) -> str:
    """The role that owns a database and migrates it; guests in the database share it."""
    return f"{database}_migrator"


def migration_steps(content: object) -> str:
    """The ConfigMap with the steps of the migration Jobs; another content is another object."""
    return f"{MIGRATION_STEPS}-{digest(content)}"


def address_variable(service: str) -> str:
    """The variable in which the gateway looks for a service's address."""
    return service.upper().replace("-", "_") + "_ADDR"


def host(server: str, namespace: str) -> str:
    """The name by which a Service is reached from any namespace."""
    return f"{server}.{namespace}.svc.cluster.local"


def priority(name: str) -> str:
    """The PriorityClass of `data`, `critical` or `standard` pods."""
    return f"{APPLICATION}-{name}"


def preview(service: str) -> str:
    """The Service in front of a service's idle colour (D-9)."""
    return f"{service}-preview"


def application(part: str) -> str:
    """Argo CD's Application of a service, `data`, `platform`; a part's monitor or dashboard."""
    return f"{APPLICATION}-{part}"


def analysis(part: str) -> str:
    """The AnalysisTemplate that judges `abort`, `step`, `smoke` or `watch`."""
    return f"{APPLICATION}-{part}"


def identity(service: str, namespace: str = APPLICATION_NAMESPACE) -> str:
    """By which name the mesh knows the pods of a service."""
    return f"cluster.local/ns/{namespace}/sa/{service}"


def labels(name: str, component: str, stack: str) -> dict[str, str]:
    """Labels of every object that belongs to `name`; never used as a selector (KUST-05)."""
    return {
        **selector(name),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": APPLICATION,
        "manpasik.com/stack": stack,
    }


def selector(name: str) -> dict[str, str]:
    """The immutable labels that select the pods of `name`."""
    return {"app.kubernetes.io/name": name}


def job(purpose: str, content: object) -> str:
    """A Job's name: its purpose and the digest of what it does (pitfall A-2).

    A Job's template is immutable, so another content is another Job. `content` is plain data.
    """
    return f"{purpose[: _LONGEST_NAME - 11]}-{digest(content)}"


def digest(content: object) -> str:
    """Ten hexadecimal digits that change with the content and with nothing else."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def release_lock(stack: str) -> str:
    """The Lease that whoever changes a stack's versions holds."""
    return f"manpasik-release-{_dns(stack)}"


def release_record(stack: str, when: str) -> str:
    """The ConfigMap that keeps what one release did; `when` sorts."""
    return f"manpasik-release-{_dns(stack)}-{when}"


def schema_notes(stack: str, service: str) -> str:
    """The ConfigMap that keeps what is known of a service's migrations."""
    return f"manpasik-schema-{_dns(stack)}-{service}"


def _dns(stack: str) -> str:
    """A stack's name as part of an object's name, which has no capitals and no underscores."""
    plain = re.sub(r"[^a-z0-9.-]", "-", stack.lower())
    return plain if plain == stack else f"{plain}-{digest(stack)}"


def version_label(tag: str) -> str:
    """An image tag as a label value."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", tag)[:_LONGEST_NAME].strip("-_.")


def checksum(values: Mapping[str, str]) -> str:
    """The annotation that rolls a pod when a value that it reads changes (pitfall A-4)."""
    return digest(dict(values))


def compose_project(stack: str) -> str:
    """The name under which Compose keeps a stack's containers and volumes."""
    return re.sub(r"[^a-z0-9_-]", "-", f"{APPLICATION}-{stack}".lower())


def cloud(stack: str, *parts: str, longest: int = 63) -> str:
    """The name of something in a cloud: `manpasik-<stack>-<part>`, lower case and hyphens.

    Where that says less than the stack's own name, a digest keeps two stacks apart. Another name is
    another object: of a database or a bucket it means an empty one.
    """
    given = "-".join([APPLICATION, stack, *parts])
    plain = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")
    if plain == given and len(plain) <= longest:
        return plain
    return f"{plain[: longest - 7].rstrip('-')}-{digest(given)[:6]}"


def bucket(stack: str, purpose: str, owner: str, prefix: str = "") -> str:
    """A bucket's name; the whole world shares one space of them, so the owner is part of it."""
    return prefix + cloud(stack, purpose, owner, longest=_LONGEST_NAME - len(prefix))


def tags(stack: str) -> dict[str, str]:
    """What every object in a cloud is marked with, in a form that both clouds take."""
    return {"application": APPLICATION, "stack": cloud(stack), "managed-by": "pulumi"}


def project(environment: str) -> str:
    """The Google Cloud project of an environment that names none."""
    return f"{APPLICATION}-{environment}"
