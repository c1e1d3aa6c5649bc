"""Dashboards of what runs: deployments, services, a canary, the fleet (R-MON-1, R-MON-2)."""

from dataclasses import dataclass

from components.monitoring import objectives, series
from components.monitoring.dashboards.panels import (
    OF_SERVICE,
    OF_VERSION,
    WHERE,
    Board,
    Facts,
    Panel,
    Row,
    Steps,
    ask,
)
from settings import names, signals

_EVENTS = 'rollout_events_total{name=~"$service",reason="%s"}'
_RELEASES = f'kube_configmap_created{{configmap=~"{names.APPLICATION}-release-.+"}}'
_VERSION = "{{version}} {{hash}}"
_NONE: Steps = ((None, "green"), (1.0, "red"))


def deployments(facts: Facts) -> Board:
    """R-MON-1: versions, when they were deployed, how often one was taken back."""
    said = _of_rollouts() if facts.rollouts else _of_replica_sets()
    return Board(
        name="deployments",
        title="ManPaSik / Deployments",
        about="Which version runs since when, and what was taken back (R-MON-1).",
        rows=(
            Row(title="Now", panels=(
                Panel(title="Services that are releasing", kind="stat", width=8, height=5,
                      steps=((None, "green"), (1.0, "blue")), empty="nothing is releasing",
                      queries=(ask(said.releasing, "releasing"),),
                      about="Those of which two versions run, or with a step to go."),
                Panel(title="Rollbacks in this time", kind="stat", width=8, height=5, steps=_NONE,
                      queries=(ask(said.taken_back, "rollbacks"),),
                      about="Releases that undid themselves or were undone.", empty="none"),
                Panel(title="Releases on record", kind="stat", width=8, height=5,
                      queries=(ask(f"count({_RELEASES})", "records"),), empty="none yet",
                      about="The program's own records; it keeps the last thirty of a stack."),
            )),
            Row(title="Versions", panels=(
                Panel(title="Version in service", kind="table", height=14, queries=(ask(
                    f"{series.VERSION_PODS}{{{OF_VERSION}}}", "pods"),),
                      about="Pods by service and version; two versions of one are a release."),
                Panel(title="Deployed at", kind="table", unit="dateTimeAsIso", height=14,
                      queries=(ask(f"{series.DEPLOYED}{{{OF_SERVICE}}} * 1000", "since"),),
                      about="When the newest version that has pods was made."),
            )),
            Row(title="Course", panels=(
                Panel(title="Rollbacks", queries=(ask(said.back, said.legend),), steps=_NONE,
                      about="By service, over ten minutes each.", empty="none"),
                Panel(title="Releases", queries=(ask(said.done, said.legend),),
                      about="That went through, by service, over ten minutes each.", empty="none"),
                *([_states()] if facts.rollouts else []),
                *([_synced()] if facts.gitops else []),
            )),
        ),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Course:
    """Who says what of releases, and how."""

    releasing: str
    taken_back: str
    back: str
    done: str
    legend: str


def _of_rollouts() -> _Course:
    aborted = _EVENTS % "RolloutAborted"
    return _Course(
        releasing='sum(max by (name) (rollout_info{phase=~"Progressing|Paused"}))',
        taken_back=f"sum(increase({aborted}[$__range]))",
        back=f"sum by (name) (increase({aborted}[10m]))",
        done="sum by (name) (increase(" + _EVENTS % "RolloutCompleted" + "[10m]))",
        legend="{{name}}",
    )


def _of_replica_sets() -> _Course:
    """Of Deployments: the newest version with pods is older than before, so it was taken back."""
    made = f"{series.DEPLOYED}{{{OF_SERVICE}}}"
    back = f"sum by (service) (resets({made}[10m]))"
    return _Course(
        releasing=f"count(count by (service) ({series.VERSION_PODS}{{{OF_SERVICE}}}) > 1)",
        taken_back=f"sum(resets({made}[$__range]))",
        back=back,
        done=f"sum by (service) (changes({made}[10m])) - {back}",
        legend="{{service}}",
    )


def _states() -> Panel:
    expr = 'max by (name, strategy, phase) (rollout_info{name=~"$service"} == 1)'
    return Panel(
        title="State of Rollouts", kind="table", queries=(ask(expr, ""),),
        about="As the Rollouts controller says it.", empty="no Rollouts here",
    )  # fmt: skip


def _synced() -> Panel:
    apps = f'argocd_app_info{{name=~"{names.APPLICATION}-.*"}}'
    return Panel(
        title="Argo CD", kind="table", empty="no Applications here",
        queries=(ask(f"max by (name, sync_status, health_status) ({apps})", ""),),
        about="Whether the cluster is what git says.",
    )  # fmt: skip


def services(facts: Facts) -> Board:
    """R-MON-2: pods, CPU and memory, restarts; and the nodes, volumes, certificates below."""
    cpu: Steps = ((None, "green"), (facts.limit("CpuHigh"), "red"))
    disk: Steps = ((None, "green"), (facts.limit("DiskFilling"), "red"))
    crashes: Steps = ((None, "green"), (facts.limit("PodCrashLooping"), "red"))
    days: Steps = ((None, "red"), (facts.limit("CertificateExpiring"), "green"))
    return Board(
        name="services",
        title="ManPaSik / Services",
        about="Whether what should run does, and what it uses (R-MON-2).",
        rows=(
            Row(title="Pods", panels=(
                Panel(title="Ready pods", queries=(ask(f"{series.PODS}{{{OF_SERVICE}}}"),),
                      about="By service."),
                Panel(title="Missing pods", steps=_NONE, queries=(ask(
                    f"clamp_min({series.WANTED_PODS}{{{OF_SERVICE}}} - on (service) "
                    f"{series.PODS}{{{OF_SERVICE}}}, 0)"),),
                      about="Wanted, not ready. For a while normal in a release."),
                Panel(title="Restarts in 5 minutes", width=24, steps=crashes, queries=(ask(
                    f"{series.RESTARTS}{{{OF_SERVICE}}} > 0", "{{pod}} {{container}}"),),
                      about="3 are a crash loop (R-ALERT-1).", empty="nothing restarted"),
            )),
            Row(title="CPU and memory", panels=(
                Panel(title="CPU of services", unit="percentunit", steps=cpu, queries=(ask(
                    f'{series.CPU}{{{OF_SERVICE},kind="service"}}'),),
                      about="Of their limits; at 80 % for 5 minutes somebody is told."),
                Panel(title="Memory of services", unit="percentunit", queries=(ask(
                    f'{series.MEMORY}{{{OF_SERVICE},kind="service"}}'),),
                      steps=((None, "green"), (0.9, "red")),
                      about="Of their limits; the services leak per call (OBS-05)."),
            )),
            Row(title="Below", panels=(
                Panel(title="CPU of nodes", unit="percentunit", steps=cpu, width=8, queries=(ask(
                    f'{series.CPU}{{{WHERE},kind="node"}}', "{{of}}"),), about="Of their cores."),
                Panel(title="Disks", unit="percentunit", steps=disk, width=8, kind="bargauge",
                      queries=(ask(f"topk(8, {series.DISK}{{{WHERE}}})", "{{of}}"),), most=1.0,
                      about="The fullest file systems and volumes."),
                Panel(title="Certificates", unit="d", steps=days, width=8, kind="bargauge",
                      queries=(ask(f"{series.CERTIFICATES}{{{WHERE}}} / 86400", "{{name}}"),),
                      about="Days left; cert-manager renews at 30."),
            )),
        ),
    )  # fmt: skip


def canary(facts: Facts) -> Board:
    """A release while it goes on: both versions side by side, by the series that judge it."""
    passes, slow = facts.limit("ErrorRateHigh"), facts.limit("LatencyHigh")
    limit: Steps = ((None, "green"), (passes, "red"))
    slow_steps: Steps = ((None, "green"), (slow, "red"))
    return Board(
        name="canary",
        title="ManPaSik / Canary",
        about="Stable and canary side by side, as the analysis sees them. Choose one service.",
        rows=(
            Row(title="Share", panels=(
                Panel(title="Requests by version", unit="reqps", queries=(ask(
                    f"{signals.REQUESTS}{{{OF_VERSION}}}", _VERSION),), width=16,
                      about="The canary's share grows with each step."),
                Panel(title="Analysis", kind="table", width=8, empty="nothing is being judged",
                      queries=(ask('max by (name, metric, phase) (analysis_run_metric_phase{'
                                   'name=~"($service).*"} == 1)', ""),),
                      about="What each judge says at present."),
            )),
            Row(title="Side by side", panels=(
                Panel(title="Error rate", unit="percentunit", steps=limit, queries=(ask(
                    f"{signals.VERSION_ERROR_RATIO}{{{OF_VERSION}}}", _VERSION),), width=8,
                      about="Above 1 % the release undoes itself (R-P3-ABORT)."),
                Panel(title="P95", unit="ms", steps=slow_steps, queries=(ask(
                    f"{signals.version_latency('p95')}{{{OF_VERSION}}}", _VERSION),), width=8,
                      about="A step passes below 200 ms (D-6)."),
                Panel(title="P99", unit="ms", queries=(ask(
                    f"{signals.version_latency('p99')}{{{OF_VERSION}}}", _VERSION),), width=8,
                      steps=((None, "green"), (1000.0, "red")),
                      about="Above 1 s the release undoes itself (R-P3-ABORT)."),
                Panel(title="CPU", unit="percentunit", queries=(ask(
                    f"{series.VERSION_CPU}{{{OF_SERVICE}}}", "{{hash}}"),), width=12,
                      steps=((None, "green"), (facts.limit("CanaryCpuHigh"), "red")),
                      about="Of each version by itself: their average hides a hot canary (W-5)."),
                Panel(title="Crashes", queries=(ask(
                    f"{signals.CRASHES}{{{OF_SERVICE}}}", "{{hash}}"),), width=12, steps=_NONE,
                      about="One crash of the canary undoes it (R-P3-ABORT)."),
            )),
        ),
    )  # fmt: skip


def fleet(facts: Facts) -> Board:
    """Every region at once: one row for each data source, and no series leaves its region."""
    warning, critical = (facts.limit(name) for name in ("ErrorRateHigh", "ErrorRateCritical"))
    errors: Steps = ((None, "green"), (warning, "orange"), (critical, "red"))
    slow: Steps = ((None, "green"), (facts.limit("LatencyHigh"), "red"))
    stats = (
        ("Requests", "reqps", f"sum({signals.REQUESTS}{{{WHERE}}})", ((None, "green"),)),
        ("Error rate", "percentunit",
         f"sum({signals.ERRORS}{{{WHERE}}}) / (sum({signals.REQUESTS}{{{WHERE}}}) > 0)", errors),
        ("Worst P95", "ms", f"max({signals.latency('p95')}{{{WHERE}}})", slow),
        ("Least budget", "percentunit", f"min({objectives.BUDGET}{{{WHERE}}})",
         ((None, "red"), (0.0, "orange"), (0.25, "green"))),
        ("Ready pods", "short", f"sum({series.PODS}{{{WHERE}}})", ((None, "green"),)),
        ("Critical alerts", "short",
         'count(ALERTS{alertstate="firing",severity="critical",product="manpasik"})', _NONE),
    )  # fmt: skip
    panels = tuple(
        Panel(title=title, kind="stat", unit=unit, steps=steps, width=4, height=5,
              queries=(ask(expr, title),), about=f"{title} of the region.",
              empty="none" if title == "Critical alerts" else "no answer")
        for title, unit, expr, steps in stats
    )  # fmt: skip
    lines = (
        Panel(title="Error rate by service", unit="percentunit", steps=errors,
              queries=(ask(f"topk(5, {signals.ERROR_RATIO}{{{OF_SERVICE}}})"),),
              about="The five worst."),
        Panel(title="Versions", kind="table", queries=(ask(
            f"count by (version) ({series.VERSION_PODS}{{{WHERE}}})", "services"),),
              about="How many services run which version: regions follow one another."),
    )  # fmt: skip
    return Board(
        name="fleet",
        title="ManPaSik / Fleet",
        about="All regions, a row for each; questions travel, series stay where they are.",
        rows=(Row(title="$datasource", panels=(*panels, *lines), repeat="datasource"),),
        fleet=True,
    )
