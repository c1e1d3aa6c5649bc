"""What an answer means, metric by metric: the truth table of every judge (decision 9, C-1…C-4)."""

import functools
import math
import re

import pytest

from settings import recording, signals
from tests.support.later import of_kind, production

CANARY, COLOURS = {"phase": 3}, {"phase": 4}
_RUNNING = ("metrics-age", "error-rate", "error-rate-so-far", "latency-p99", "latency-p99-so-far",
            "error-rate-since-start", "latency-p99-since-start", "crashes")  # fmt: skip
METRICS = {
    "manpasik-abort": (*_RUNNING, "errors-beyond-baseline"),
    "manpasik-watch": _RUNNING,
    "manpasik-step": ("requests-seen", "error-rate", "latency-p95", "errors-beyond-baseline",
                      "slower-than-baseline", "crashes"),
    "manpasik-smoke": ("smoke",),
}  # fmt: skip
MEASURED = [(judge, name) for judge, metrics in METRICS.items() for name in metrics
            if name != "smoke"]  # fmt: skip
LIMITS = production(phase=3).delivery.release.thresholds


@functools.cache
def judges():
    return {
        name: {metric["name"]: metric for metric in each["spec"]["metrics"]}
        for own in (CANARY, COLOURS)
        for name, each in of_kind("AnalysisTemplate", **own).items()
    }


def test_every_metric_of_every_judge_is_in_the_table():
    assert {judge: set(metrics) for judge, metrics in judges().items()} == {
        judge: set(metrics) for judge, metrics in METRICS.items()
    }


def verdict(judge, name, result):
    """Success, Failed or Inconclusive, as the controller decides it from the two conditions."""
    metric = judges()[judge][name]
    if evaluated(metric["failureCondition"], result):
        return "Failed"
    return "Successful" if evaluated(metric["successCondition"], result) else "Inconclusive"


def evaluated(condition, result):
    text = re.sub(r"!(?!=)", " not ", condition.replace("&&", " and ").replace("||", " or "))
    names = {"result": result, "len": len, "isNaN": math.isnan, "isInf": math.isinf}
    return bool(eval(text, {"__builtins__": {}}, names))  # noqa: S307 - the program's own text


@pytest.mark.parametrize(("judge", "name"), MEASURED)
@pytest.mark.parametrize("result", [[math.nan], [math.inf], [-math.inf], [0.0, 0.0]])
def test_what_is_no_number_or_more_than_one_never_passes(judge, name, result):
    assert verdict(judge, name, result) == "Failed", "C-1"


@pytest.mark.parametrize(("judge", "name", "wanted"), [
    ("manpasik-abort", "metrics-age", "Failed"),
    ("manpasik-watch", "metrics-age", "Failed"),
    ("manpasik-abort", "error-rate", "Successful"),
    ("manpasik-abort", "error-rate-since-start", "Successful"),
    ("manpasik-abort", "latency-p99-since-start", "Successful"),
    ("manpasik-abort", "errors-beyond-baseline", "Successful"),
    ("manpasik-abort", "crashes", "Successful"),
    ("manpasik-step", "requests-seen", "Failed"),
    ("manpasik-step", "error-rate", "Inconclusive"),
    ("manpasik-step", "latency-p95", "Inconclusive"),
    ("manpasik-step", "errors-beyond-baseline", "Inconclusive"),
    ("manpasik-step", "slower-than-baseline", "Inconclusive"),
    ("manpasik-step", "crashes", "Failed"),
])  # fmt: skip
def test_no_answer_is_no_evidence_at_the_end_of_a_step_and_no_verdict_before(judge, name, wanted):
    assert verdict(judge, name, []) == wanted


@pytest.mark.parametrize(("judge", "name", "passes", "fails"), [
    ("manpasik-abort", "error-rate", 0.01, 0.0101),
    ("manpasik-abort", "error-rate-so-far", 0.01, 0.0101),
    ("manpasik-abort", "error-rate-since-start", 0.01, 0.0101),
    ("manpasik-watch", "error-rate-since-start", 0.01, 0.0101),
    ("manpasik-abort", "latency-p99", 1000, 1000.1),
    ("manpasik-abort", "latency-p99-since-start", 1000, 1000.1),
    ("manpasik-abort", "errors-beyond-baseline", 4.9, 5),
    ("manpasik-abort", "crashes", 0, 1),
    ("manpasik-step", "error-rate", 0.0099, 0.01),
    ("manpasik-step", "latency-p95", 199.9, 200),
    ("manpasik-step", "requests-seen", 0, 1),
])  # fmt: skip
def test_a_release_aborts_above_and_a_step_passes_below(judge, name, passes, fails):
    assert verdict(judge, name, [passes]) == "Successful", "D-6"
    assert verdict(judge, name, [fails]) == "Failed", "D-6"


@pytest.mark.parametrize(("judge", "name"), MEASURED)
def test_no_verdict_is_both_and_every_number_has_one(judge, name):
    metric = judges()[judge][name]
    for value in (-1.0, 0.0, 0.005, 0.01, 1.0, 3.0, 60.0, 150.0, 200.0, 1000.0, 1e9):
        both = [evaluated(metric[f"{each}Condition"], [value]) for each in ("success", "failure")]
        assert sorted(both) == [False, True]


@pytest.mark.parametrize("judge", ["manpasik-abort", "manpasik-watch"])
def test_no_first_look_comes_before_a_scrape_and_the_window_that_it_reads(judge):
    for metric in judges()[judge].values():
        delay = int(metric["initialDelay"].rstrip("s"))
        rates = set(re.findall(r"manpasik:[a-z0-9_:]+", asked(metric))) - TOTALS
        window = signals.WINDOW_SECONDS if rates - OF_THE_OLD.get(metric["name"], set()) else 0
        assert delay >= signals.SCRAPE_SECONDS + window, "C-4"


TOTALS = {signals.REQUESTS_TOTAL, signals.ERRORS_TOTAL, signals.BUCKETS_TOTAL, signals.CRASHES}
# The old version has been scraped for long.
OF_THE_OLD = {"errors-beyond-baseline": {signals.REQUESTS, signals.ERRORS}}


def asked(metric):
    return metric["provider"]["prometheus"]["query"]


def test_what_counts_from_the_start_is_looked_at_after_one_scrape():
    """A window of 20 s before the first look was most of what an abort took (0039)."""
    since_start = ("error-rate-since-start", "latency-p99-since-start", "crashes")
    for name in (*since_start, "errors-beyond-baseline"):
        delay = judges()["manpasik-abort"][name]["initialDelay"]
        assert delay == f"{signals.SCRAPE_SECONDS}s"


def test_a_ratio_or_percentile_needs_enough_requests_and_errors():
    for name in ("error-rate", "latency-p99", "latency-p99-so-far", "error-rate-since-start",
                 "latency-p99-since-start", "errors-beyond-baseline"):  # fmt: skip
        assert f">= {LIMITS.samples})" in judges()["manpasik-abort"][name]["provider"][
            "prometheus"]["query"], "C-2"  # fmt: skip
    for name, metric in judges()["manpasik-step"].items():
        if name not in ("requests-seen", "crashes"):
            assert f">= {LIMITS.samples})" in metric["provider"]["prometheus"]["query"], "C-2"


def test_a_step_with_too_few_requests_waits_as_long_again_and_then_asks():
    release = production(phase=3).delivery.release
    for name, metric in judges()["manpasik-step"].items():
        limit = "failureLimit" if name == "requests-seen" else "inconclusiveLimit"
        waits = metric[limit] * int(metric["interval"].rstrip("s"))
        assert waits == release.step_seconds, "C-2"
        assert metric["consecutiveSuccessLimit"] == 1, "the first evidence is enough"


@pytest.mark.parametrize(("judge", "name"), MEASURED)
def test_every_query_reads_only_what_everybody_reads(judge, name):
    query = judges()[judge][name]["provider"]["prometheus"]["query"]
    recorded = {rule.record for rule in recording.rules()}
    series = set(re.findall(r"manpasik:[a-z0-9_:]+", query))
    assert series, "no series at all"
    assert series <= recorded, "one definition (issue 9, line 5)"
    assert "istio_" not in query


def test_the_new_version_is_compared_with_the_stable_one_by_hash():
    both = (("step", "errors-beyond-baseline"), ("step", "slower-than-baseline"),
            ("abort", "errors-beyond-baseline"))  # fmt: skip
    for judge, name in both:
        query = asked(judges()[f"manpasik-{judge}"][name])
        assert 'hash="{{args.canary-hash}}"' in query
        assert 'hash="{{args.stable-hash}}"' in query, "decision 9"


def test_every_argument_that_a_template_wants_is_handed_over():
    for own in (CANARY, COLOURS):
        wanted = {n: {a["name"] for a in t["spec"]["args"]}
                  for n, t in of_kind("AnalysisTemplate", **own).items()}  # fmt: skip
        for found in of_kind("Rollout", **own).values():
            for call in calls(found["spec"]["strategy"]):
                given = {each["name"] for each in call["args"]}
                assert all(wanted[t["templateName"]] <= given for t in call["templates"])


def calls(strategy):
    if "canary" in strategy:
        steps = [each["analysis"] for each in strategy["canary"]["steps"] if "analysis" in each]
        return [strategy["canary"]["analysis"], *steps]
    return [strategy["blueGreen"][f"{each}PromotionAnalysis"] for each in ("pre", "post")]


def test_the_watch_lasts_ten_minutes_and_a_smoke_test_has_one_try():
    for metric in judges()["manpasik-watch"].values():
        assert metric["count"] * int(metric["interval"].rstrip("s")) == 600, "R-P4-BG"
    job = judges()["manpasik-smoke"]["smoke"]["provider"]["job"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("name", METRICS["manpasik-step"])
def test_a_step_is_judged_so_many_times_and_no_more_or_the_controller_refuses_it(name):
    metric = judges()["manpasik-step"][name]
    limit = metric.get("inconclusiveLimit", metric.get("failureLimit"))
    assert metric["count"] == limit + 1, "InvalidSpec: it «runs indefinitely»"
