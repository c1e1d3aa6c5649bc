"""Physical names that a region alone has (R-P4-REG); the others stand in `names.py`."""

import re

from settings import names

SHARDED = "postgres"
"""The database of a region: its Service has the name of the one server elsewhere."""
SHARDED_BACKUPS = "sgbackups.stackgres.io"
"""The folder of a backups' bucket in which StackGres keeps a cluster's."""
ISSUING_NAMESPACE = ISSUING_ACCOUNT = "cert-manager"
"""Where certificates are asked for, and as whom."""


def sharded_accounts(shards: int) -> list[str]:
    """ServiceAccounts of a sharded database's servers, as StackGres names them."""
    groups = ["coord", *(f"shard{index}" for index in range(shards))]
    return [f"{SHARDED}-{group}-patroni" for group in groups]


def role(stack: str, purpose: str) -> str:
    """A role of the product's own in a Google project, which takes no hyphen."""
    return re.sub(r"[^a-zA-Z0-9_.]", "_", names.cloud(stack, purpose))
