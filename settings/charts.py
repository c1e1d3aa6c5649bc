"""The models of `catalog/charts.yaml` and of a stack's `charts`, and the charts' order.

Which of them a stack's cluster gets, and how large, says `platform.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field

from settings.model import DnsLabel, Model
from settings.problems import Problem, shown

ChartName = Literal[
    "ingress-nginx",
    "cert-manager",
    "sealed-secrets",
    "kube-prometheus-stack",
    "istio-base",
    "istio-cni",
    "istiod",
    "istio-ingress",
    "argo-rollouts",
    "argo-cd",
    "cloudnative-pg",
    "stackgres-operator",
    "cockroachdb-operator",
    "redpanda",
    "eck-operator",
    "milvus",
]
"""Every chart that the program knows values for."""
CHARTS: tuple[ChartName, ...] = get_args(ChartName)
ARCHIVES = ".charts"
"""The folder beside the program that holds the charts' archives; git does not."""


class Platform(Model):
    """Who installs the charts of a stack's cluster, and where their archives come from."""

    enabled: bool | None = None
    """Whether the program installs them. Absent: where it makes the cluster itself (`cloud`);
    another's cluster may have them already (decision 0036)."""

    mirror: (
        Annotated[
            str,
            Field(
                pattern=r"^((https|oci)://[^\s/@]+|(http|oci)://(localhost|127\.0\.0\.1)(:[0-9]+)?)(/[^\s@]*)?$"
            ),
        ]
        | None
    ) = None
    """Where the archives lie, instead of at their publishers': a folder of a web server
    (`https://…/<chart>-<version>.tgz`) or a registry (`oci://…/<chart>:<version>`)."""


class Chart(Model):
    """A chart, and exactly which archive of it."""

    repository: Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(/[A-Za-z0-9._-]+)*$")]
    """Where its publisher offers it."""

    chart: DnsLabel | None = None
    """Its name there. Absent: as here."""

    version: Annotated[str, Field(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$")]
    """One version, never a range."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the archive."""

    unverified: Annotated[str, Field(min_length=10)] | None = None
    """Why there is no digest yet. `mpk check` says it of every stack that installs the chart."""

    after: tuple[ChartName, ...] = ()
    """Charts that must be up before, where the stack has them."""

    @property
    def pin(self) -> str:
        """What the archive must be, in a line: it stays with the release."""
        return f"sha256:{self.digest}" if self.digest else "unverified"

    def archive(self, name: str) -> str:
        """The file name of its archive, as Helm itself gives it."""
        return f"{self.chart or name}-{self.version}.tgz"


def problems(charts: Mapping[str, Chart]) -> Iterator[Problem]:
    """A chart without a pin, a chart that is missing, an order that never begins."""
    for name in CHARTS:
        if name not in charts:
            yield _problem(name, "", "is missing", f"describe {name}: the program installs it")
    for name, chart in charts.items():
        if (chart.digest is None) == (chart.unverified is None):
            told = "has no pin" if chart.digest is None else "has a digest and says it has none"
            remedy = "write the SHA-256 of its archive, or why it is unverified"
            yield _problem(f"{name}.digest", shown(chart.digest), told, remedy)
        for index, other in enumerate(chart.after):
            if other == name or name in _before(charts, other):
                message = "waits for a chart that waits for it"
                yield _problem(f"{name}.after.{index}", shown(other), message, "remove one of them")


def _problem(key: str, value: str, message: str, remedy: str) -> Problem:
    return Problem(file="catalog/charts.yaml", key=key, value=value, message=message, remedy=remedy)


def _before(charts: Mapping[str, Chart], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        chart = charts.get(waiting.pop())
        new = set(chart.after) - found if chart else set[str]()
        found |= new
        waiting += new
    return found


def ordered(charts: Mapping[str, Chart], chosen: set[ChartName]) -> list[ChartName]:
    """The chosen charts, each after those that it waits for; else as the program lists them."""
    found: list[ChartName] = []
    while len(found) < len(chosen):
        done = set(found)
        for name in CHARTS:
            if name in chosen - done and not (set(charts[name].after) & chosen) - done:
                found.append(name)
    return found
