"""What components may know of each other: Protocols whose members are Outputs.

A managed database in a cloud and a StatefulSet in the cluster look the same from here.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pulumi


class DataStore(Protocol):
    """Something that keeps data and that services reach by entries of the ConfigMap."""

    @property
    def configuration(self) -> Mapping[str, pulumi.Output[str]]:
        """ConfigMap entries that lead to it, under the names that the code reads."""
        ...

    @property
    def ready_when(self) -> Sequence[pulumi.Resource]:
        """What must be up before a service may start.

        An early service keeps its data in memory and reports itself healthy (ENV-01).
        """
        ...
