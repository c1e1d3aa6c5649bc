"""Which Go programs the project builds, and from what: a row for each module under `tools/`.

Versions stand in the modules' own go.mod; how they are built in `programs.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """One Go module under `tools/` and the programs that are built from it together."""

    name: str
    main_module: str
    packages: dict[str, str]
    version_packages: tuple[str, ...] = ()
    """Go packages whose variables tell the built program its own version."""
    version_variable: str = ""
    """A single Go variable that does the same, where a program has one."""
    tags: tuple[str, ...] = ()
    """Go build tags: what of the program is left out, or in."""


_VEGETA = "github.com/tsenart/vegeta/v12"
_KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
ALL_TOOLS = (
    Tool(
        name="kubernetes",
        main_module="k8s.io/kubernetes",
        packages={name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES},
        version_packages=("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"),
    ),
    Tool(
        name="etcd",
        main_module="go.etcd.io/etcd/server/v3",
        packages={"etcd": "go.etcd.io/etcd/server/v3"},
    ),
    Tool(
        name="kwok",
        main_module="sigs.k8s.io/kwok",
        packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
    ),
)
# What the tests judge by. Built when a test asks for it; no cluster needs it.
TEST_TOOLS = (
    Tool(
        name="actionlint",
        main_module="github.com/rhysd/actionlint",
        packages={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
        version_variable="github.com/rhysd/actionlint.version",
    ),
    Tool(
        name="compose",
        main_module="github.com/compose-spec/compose-go/v2",
        packages={"compose-config": "manpasik.dev/tools/compose"},
    ),
    Tool(
        name="dashboards",
        main_module="github.com/grafana/grafana-foundation-sdk/go",
        packages={"dashboard-check": "manpasik.dev/tools/dashboards"},
    ),
    # One program that is controller, repo server, API server or client by ARGOCD_BINARY_NAME.
    Tool(
        name="argocd",
        main_module="github.com/argoproj/argo-cd/v3",
        packages={"argocd": "github.com/argoproj/argo-cd/v3/cmd"},
    ),
)
# What single commands use. Built when one of them is called.
COMMAND_TOOLS = (
    Tool(name="vegeta", main_module=_VEGETA, packages={"vegeta": _VEGETA}),
    Tool(
        name="kubeseal",
        main_module="github.com/bitnami/sealed-secrets",
        packages={"kubeseal": "github.com/bitnami/sealed-secrets/cmd/kubeseal"},
    ),
    Tool(
        name="helm",
        main_module="helm.sh/helm/v4",
        packages={"helm": "helm.sh/helm/v4/cmd/helm"},
    ),
    Tool(
        # The program of the migration Jobs' stock image, with the two drivers that they use and the
        # source `file`, which is always in it (R-P2-MIG).
        name="migrate",
        main_module="github.com/golang-migrate/migrate/v4",
        packages={"migrate": "github.com/golang-migrate/migrate/v4/cmd/migrate"},
        version_variable="main.Version",
        tags=("pgx5", "cockroachdb"),
    ),
)
# What releases are tried with. Built by `mpk local up --rollouts`, by a drill, and by their tests.
RELEASE_TOOLS = (
    Tool(
        name="rollouts",
        main_module="github.com/argoproj/argo-rollouts",
        packages={
            "rollouts-controller": "github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
            "kubectl-argo-rollouts": "github.com/argoproj/argo-rollouts/cmd/kubectl-argo-rollouts",
        },
    ),
    Tool(
        name="prometheus",
        main_module="github.com/prometheus/prometheus",
        packages={
            "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
            "promtool": "github.com/prometheus/prometheus/cmd/promtool",
        },
        # Two dozen clouds' service discoveries, which would be most of the build.
        tags=("remove_all_sd",),
    ),
    Tool(
        name="alertmanager",
        main_module="github.com/prometheus/alertmanager",
        packages={
            "alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager",
            "amtool": "github.com/prometheus/alertmanager/cmd/amtool",
        },
    ),
)
EVERY_TOOL = (*ALL_TOOLS, *TEST_TOOLS, *COMMAND_TOOLS, *RELEASE_TOOLS)
PROGRAMS = tuple(name for tool in EVERY_TOOL for name in tool.packages)
