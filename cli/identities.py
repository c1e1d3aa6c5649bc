"""By what a cloud knows a thing that the program named: the way back to it after a killed update.

Only types whose identity follows from their inputs. Of the others (a network, an address: a cloud
thinks of their identities) nobody can tell whether a killed creation came to its end.
"""

from collections.abc import Mapping
from typing import Any

_GCP = "projects/{project}"
_IDENTITIES = {
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:elasticache/replicationGroup:ReplicationGroup": "{replicationGroupId}",
    "aws:elasticache/subnetGroup:SubnetGroup": "{name}",
    "aws:iam/role:Role": "{name}",
    "aws:kms/alias:Alias": "{name}",
    "aws:rds/instance:Instance": "{identifier}",
    "aws:rds/parameterGroup:ParameterGroup": "{name}",
    "aws:rds/subnetGroup:SubnetGroup": "{name}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "gcp:compute/network:Network": f"{_GCP}/global/networks/{{name}}",
    "gcp:compute/router:Router": f"{_GCP}/regions/{{region}}/routers/{{name}}",
    "gcp:compute/subnetwork:Subnetwork": f"{_GCP}/regions/{{region}}/subnetworks/{{name}}",
    "gcp:container/cluster:Cluster": f"{_GCP}/locations/{{location}}/clusters/{{name}}",
    "gcp:container/nodePool:NodePool": (
        f"{_GCP}/locations/{{location}}/clusters/{{cluster}}/nodePools/{{name}}"
    ),
    "gcp:redis/instance:Instance": f"{_GCP}/locations/{{region}}/instances/{{name}}",
    "gcp:serviceaccount/account:Account": (
        f"{_GCP}/serviceAccounts/{{accountId}}@{{project}}.iam.gserviceaccount.com"
    ),
    "gcp:sql/databaseInstance:DatabaseInstance": "{name}",
    "gcp:storage/bucket:Bucket": "{name}",
}


def identity(resource_type: str, inputs: Mapping[str, Any]) -> str | None:
    """What the cloud or the cluster calls it; None where its inputs do not say."""
    if inputs.keys() >= {"apiVersion", "kind", "metadata"}:
        name, namespace = inputs["metadata"].get("name"), inputs["metadata"].get("namespace")
        return f"{namespace}/{name}" if name and namespace else name
    form = _IDENTITIES.get(resource_type)
    plain = {key: value for key, value in inputs.items() if isinstance(value, str) and value}
    try:
        return form.format_map(plain) if form else None
    except KeyError:
        return None
