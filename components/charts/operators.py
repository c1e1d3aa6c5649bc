"""Values of the operators of databases inside the cluster (decision 7, R-P4-DB)."""

from components.charts.placing import Values, on_platform, requests, sized
from settings import names
from settings.loader import Settings
from settings.markets import place
from settings.platform import part

_COCKROACH_OPERATORS = 2
"""One that works and one that waits: each asks for half a core and 1000 MiB by its chart."""


def cloudnative_pg(settings: Settings) -> Values:
    """PostgreSQL where no cloud manages one."""
    return {
        **sized(part(settings, "cloudnative-pg")),
        **on_platform(settings),
        "monitoring": {"podMonitorEnabled": True},
    }


def stackgres_operator(settings: Settings) -> Values:
    """PostgreSQL sharded by Citus: the default of phase 4 (D-10)."""
    size = part(settings, "stackgres-operator")
    placed = on_platform(settings)
    return {
        "cert": {"certManager": {"autoConfigure": True}},
        "allowedNamespaces": [names.DATA_NAMESPACE],
        "operator": {"resources": requests(size), **placed},
        "jobs": placed,
        # Its web console changes clusters beside the program: it is not installed.
        "deploy": {"operator": True, "restapi": False},
        "grafana": {"autoEmbed": False},
    }


def cockroachdb_operator(settings: Settings) -> Values:
    """CockroachDB, told which region it is in (D-10); its chart takes neither sizes nor nodes."""
    return {
        "numReplicas": _COCKROACH_OPERATORS,
        "cloudRegion": place(settings),
        "watchNamespaces": names.DATA_NAMESPACE,
    }
