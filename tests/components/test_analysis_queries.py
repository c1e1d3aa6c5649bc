"""What a judge is told by Prometheus itself: its queries over series as they come and go (0072)."""

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest

from tests.support.later import of_kind, production
from tests.support.promtool import tool

NEW, OLD = 'service="s",hash="n"', 'service="s",hash="o"'
EVERY = 5
RATE, BUCKETS = "manpasik:requests:rate", "manpasik:latency_bucket:rate"
LIMITS = production(phase=3).delivery.release.thresholds
STALE = production(phase=3).delivery.stale_seconds


def query(judge, name):
    (metric,) = (each for each in of_kind("AnalysisTemplate", phase=3)[judge]["spec"]["metrics"]
                 if each["name"] == name)  # fmt: skip
    found = metric["provider"]["prometheus"]["query"]
    for argument, value in (("service", "s"), ("canary-hash", "n"), ("stable-hash", "o")):
        found = found.replace(f"{{{{args.{argument}}}}}", value)
    return found


def latency(of, rate, slow, edge="200"):
    """A version asked so often a second, of which that part takes longer than an edge."""
    fast = rate * (1 - slow)
    return {f"{RATE}{{{of}}}": f"{rate}x400",
            f'{BUCKETS}{{{of},le="100"}}': f"{fast / 2:g}x400",
            f'{BUCKETS}{{{of},le="{edge}"}}': f"{fast:g}x400",
            f'{BUCKETS}{{{of},le="2500"}}': f"{rate}x400",
            f'{BUCKETS}{{{of},le="+Inf"}}': f"{rate}x400",
            f'manpasik:version_latency_p99_ms{{{of}}}': f"{1200 if slow > 0.01 else 20}x400",
            f'manpasik:requests:total{{{of}}}': "0x400"}  # fmt: skip


def gap(seconds):
    """A series that was recorded for 100 s, then not for so long."""
    return f"1x20 stale _x{seconds // EVERY}"


AGE, GATE = ("manpasik-abort", "metrics-age"), ("manpasik-step", "latency-p95")
CRASHES = ("manpasik-step", "crashes")
P99, SO_FAR = (("manpasik-abort", f"latency-p99{each}") for each in ("", "-so-far"))
RECORDED = f'{RATE}{{service="other",hash="x"}}'
RESTARTS = f"manpasik:crashes:total{{{NEW}}}"
# What is asked, over which series, at which second; and what is answered: passes, fails or nothing.
CASES = {
    "a few scrapes in a row came late": (AGE, {RECORDED: gap(60)}, 100 + STALE - 5, "passes"),
    "Prometheus was started anew": (AGE, {RECORDED: "1x20 stale _x5 1x40"}, 131, "passes"),
    "the metrics are gone": (AGE, {RECORDED: gap(300)}, 100 + STALE + 10, "fails"),
    "they are gone for long": (AGE, {RECORDED: gap(600)}, 400, "nothing"),
    "they never were": (AGE, {}, 100, "nothing"),
    "the last scrape of the restarts came late": (CRASHES, {RESTARTS: "0x20 stale"}, 115, "passes"),
    "a crash whose last scrape came late": (CRASHES, {RESTARTS: "1x20 stale"}, 115, "fails"),
    "nobody has told of restarts for long": (CRASHES, {RESTARTS: "0x20 stale"}, 200, "nothing"),
    # 20 requests a second are 400 in a window: 2 or 8 of them slow.
    "two slow of a window": (P99, latency(NEW, 5, 0.02, "1000"), 1200, "nothing"),
    "eight slow of a window": (P99, latency(NEW, 20, 0.02, "1000"), 1200, "fails"),
    "two slow of a step": (SO_FAR, latency(NEW, 0.2, 0.017, "1000"), 1200, "nothing"),
    "twelve slow of a step": (SO_FAR, latency(NEW, 1, 0.02, "1000"), 1200, "fails"),
    "fast as before": (GATE, latency(NEW, 9, 0) | latency(OLD, 9, 0), 1200, "passes"),
    "slow, unlike before": (GATE, latency(NEW, 9, 0.1) | latency(OLD, 9, 0), 1200, "fails"),
    "slow where nothing was before": (GATE, latency(NEW, 9, 0.1), 1200, "fails"),
    "slow, as before": (GATE, latency(NEW, 9, 0.1) | latency(OLD, 9, 0.1), 1200, "fails"),
    "no longer slow": (GATE, latency(NEW, 9, 0) | latency(OLD, 9, 0.1), 1200, "passes"),
}
LIMIT = {AGE: STALE, GATE: LIMITS.p95_ms, CRASHES: 0.5, P99: LIMITS.p99_ms, SO_FAR: LIMITS.p99_ms}
ANSWERS = {"passes": [0], "fails": [1], "nothing": []}


def promtool_test(name):
    asked, series, second, wanted = CASES[name]
    samples = [{"labels": "{}", "value": each} for each in ANSWERS[wanted]]
    expr = f"max(({query(*asked)}) > bool {LIMIT[asked]})"
    return {
        "name": name,
        "interval": f"{EVERY}s",
        "input_series": [{"series": key, "values": text} for key, text in series.items()],
        "promql_expr_test": [{"expr": expr, "eval_time": f"{second}s", "exp_samples": samples}],
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What promtool says of each, all run at once: nothing where it is as it should be."""
    folder = tmp_path_factory.mktemp("queries")
    content = {"evaluation_interval": f"{EVERY}s", "tests": [promtool_test(each) for each in CASES]}
    (folder / "queries.yaml").write_text(json.dumps(content))
    report = folder / "report.xml"
    command = [tool("promtool"), "test", "rules", f"--junit={report}", str(folder / "queries.yaml")]
    subprocess.run(command, capture_output=True, check=False, timeout=60)
    told = ET.parse(report).getroot().iter("testcase")  # noqa: S314 - promtool's own report
    return {each.get("name"): [found.text or found.get("message") for found in each]
            for each in told}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_judge_is_told_of_a_version_and_not_of_the_machine(said, name):
    """C-1, C-2, D-6."""
    assert said[name] == []
