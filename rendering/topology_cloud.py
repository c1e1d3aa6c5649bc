"""What a picture says of a cloud: pools, managed stores, buckets, and above the regions the front.

By type, what a box tells of a resource; a type that is not listed is not drawn, since a hundred
routes and policies would hide the ten things that an operator looks for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rendering.recorder import Recorded, reveal

Inputs = Mapping[str, Any]
_Told = Callable[[Inputs], str | None]
ORDER = (
    "Names",
    "Edges: the web app of each market",
    "Firewalls",
    "Regions below: where each market's requests go",
    "Fixed addresses of the way in",
    "Node pools",
    "Stores that the cloud runs",
    "Buckets and logs",
    "Charts that the program installs",
)
_NAMES, _EDGES, _WALLS, _BELOW, _ADDRESSES, _POOLS, _STORES, _BUCKETS, _CHARTS = ORDER


def _pool_of_amazon(given: Inputs) -> str:
    scaling = given["scalingConfig"]
    return f"{scaling['minSize']} to {scaling['maxSize']} x {given['instanceTypes'][0]}"


def _pool_of_google(given: Inputs) -> str:
    scaling, node = given["autoscaling"], given["nodeConfig"]
    fewest, most = scaling["totalMinNodeCount"], scaling["totalMaxNodeCount"]
    return f"{fewest} to {most} x {node['machineType']}"


def _database(given: Inputs) -> str:
    zones = "two zones" if given.get("multiAz") else "one zone"
    return f"{given['instanceClass']}, {given['allocatedStorage']} GB, {zones}"


def _edge_of_google(given: Inputs) -> str | None:
    hosts = [host for rule in given.get("hostRules", []) for host in rule["hosts"]]
    return ", ".join(hosts) or None


def _limit_of_amazon(given: Inputs) -> str:
    limit = given["rules"][0]["statement"]["rateBasedStatement"]["limit"]
    return f"{limit} requests in 5 minutes"


def _limit_of_google(given: Inputs) -> str:
    limit = given["rules"][-1]["rateLimitOptions"]["rateLimitThreshold"]["count"]
    return f"{limit} requests in 5 minutes"


def _entrance(given: Inputs) -> str | None:
    return "protected" if "entrance" in given.get("tags", {}).get("Name", "") else None


_TYPES: Mapping[str, tuple[str, _Told]] = {
    "aws:route53/zone:Zone": (_NAMES, lambda given: str(given["name"])),
    "gcp:dns/managedZone:ManagedZone": (_NAMES, lambda given: str(given["dnsName"])),
    "aws:cloudfront/distribution:Distribution": (_EDGES, lambda given: ", ".join(given["aliases"])),
    "gcp:compute/uRLMap:URLMap": (_EDGES, _edge_of_google),
    "aws:wafv2/webAcl:WebAcl": (_WALLS, _limit_of_amazon),
    "gcp:compute/securityPolicy:SecurityPolicy": (_WALLS, _limit_of_google),
    "aws:route53/healthCheck:HealthCheck": (_BELOW, lambda given: str(given["fqdn"])),
    "gcp:compute/globalNetworkEndpoint:GlobalNetworkEndpoint": (
        _BELOW,
        lambda given: f"{given['ipAddress']}:{given['port']}",
    ),
    "aws:ec2/eip:Eip": (_ADDRESSES, _entrance),
    "gcp:compute/address:Address": (_ADDRESSES, lambda given: str(given["region"])),
    "aws:eks/nodeGroup:NodeGroup": (_POOLS, _pool_of_amazon),
    "gcp:container/nodePool:NodePool": (_POOLS, _pool_of_google),
    "aws:rds/instance:Instance": (_STORES, _database),
    "gcp:sql/databaseInstance:DatabaseInstance": (
        _STORES,
        lambda given: (
            f"{given['settings']['tier']}, {given['settings']['availabilityType'].lower()}"
        ),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        _STORES,
        lambda given: f"{given['nodeType']}, {given['numCacheClusters']} node(s)",
    ),
    "gcp:redis/instance:Instance": (_STORES, lambda given: f"{given['memorySizeGb']} GB"),
    "aws:s3/bucket:Bucket": (
        _BUCKETS,
        lambda given: str(given.get("region", "the stack's region")),
    ),
    "gcp:storage/bucket:Bucket": (_BUCKETS, lambda given: str(given["location"]).lower()),
    "kubernetes:helm.sh/v3:Release": (
        _CHARTS,
        lambda given: f"{given['version']}, in {given['namespace']}",
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": (
        _BUCKETS,
        lambda given: str(given["location"]),
    ),
}


def cloud_parts(made: Sequence[Recorded]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Titles, each with the names of its boxes and what they tell; only those that hold any."""
    parts: dict[str, list[tuple[str, str]]] = {title: [] for title in ORDER}
    for each in made:
        if each.type in _TYPES:
            title, tell = _TYPES[each.type]
            if (told := tell(reveal(each.inputs))) is not None:
                parts[title].append((each.name, told))
    return [(title, boxes) for title, boxes in parts.items() if boxes]
