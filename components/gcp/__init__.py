"""The product on Google Cloud: the twin of `components/aws`, file by file and name by name."""

from components.gcp.access import Access, AccessArgs
from components.gcp.addresses import Addresses, AddressesArgs
from components.gcp.balancer import Balancer, BalancerArgs
from components.gcp.buckets import ObjectStore, ObjectStoreArgs
from components.gcp.cache import Cache, CacheArgs
from components.gcp.cluster import Cluster, ClusterArgs
from components.gcp.copies import Copies, CopiesArgs
from components.gcp.database import Database, DatabaseArgs
from components.gcp.dns import Dns, DnsArgs
from components.gcp.edge import Edge, EdgeArgs
from components.gcp.firewall import Firewall, FirewallArgs
from components.gcp.front import Front, FrontArgs
from components.gcp.front_keys import FrontKey, FrontKeyArgs
from components.gcp.identities import Identity, IdentityArgs
from components.gcp.keys import Keys, KeysArgs
from components.gcp.network import Network, NetworkArgs
from components.gcp.nodes import NodePool, NodePoolArgs
from components.gcp.place import Place, PlaceArgs
from components.gcp.server import DevServer, DevServerArgs

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
