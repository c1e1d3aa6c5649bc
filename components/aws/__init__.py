"""The product on AWS: the twin of `components/gcp`, file by file and name by name."""

from components.aws.access import Access, AccessArgs
from components.aws.addresses import Addresses, AddressesArgs
from components.aws.balancer import Balancer, BalancerArgs
from components.aws.buckets import ObjectStore, ObjectStoreArgs
from components.aws.cache import Cache, CacheArgs
from components.aws.cluster import Cluster, ClusterArgs
from components.aws.copies import Copies, CopiesArgs
from components.aws.database import Database, DatabaseArgs
from components.aws.dns import Dns, DnsArgs
from components.aws.edge import Edge, EdgeArgs
from components.aws.firewall import Firewall, FirewallArgs
from components.aws.front import Front, FrontArgs
from components.aws.front_keys import FrontKey, FrontKeyArgs
from components.aws.identities import Identity, IdentityArgs
from components.aws.keys import Keys, KeysArgs
from components.aws.network import Network, NetworkArgs
from components.aws.nodes import NodePool, NodePoolArgs
from components.aws.place import Place, PlaceArgs
from components.aws.server import DevServer, DevServerArgs

__all__ = [
    "Access",
    "AccessArgs",
    "Addresses",
    "AddressesArgs",
    "Balancer",
    "BalancerArgs",
    "Cache",
    "CacheArgs",
    "Cluster",
    "ClusterArgs",
    "Copies",
    "CopiesArgs",
    "Database",
    "DatabaseArgs",
    "DevServer",
    "DevServerArgs",
    "Dns",
    "DnsArgs",
    "Edge",
    "EdgeArgs",
    "Firewall",
    "FirewallArgs",
    "Front",
    "FrontArgs",
    "FrontKey",
    "FrontKeyArgs",
    "Identity",
    "IdentityArgs",
    "Keys",
    "KeysArgs",
    "Network",
    "NetworkArgs",
    "NodePool",
    "NodePoolArgs",
    "ObjectStore",
    "ObjectStoreArgs",
    "Place",
    "PlaceArgs",
]
