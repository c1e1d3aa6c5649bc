"""What judges a release: AnalysisTemplates, generated from thresholds and the signals (decision 9).

Four of them. `abort` runs beside a canary all the time (R-P3-ABORT, D-6), `step` at the end of each
of its steps (R-P3-CAN), `smoke` before a colour is switched to and `watch` after (R-P4-BG). Owns
the queries; what an answer to one means is said in `metric.py`.
"""

from collections.abc import Sequence
from math import ceil

from components.delivery.metric import Metric
from settings import signals
from settings.strategy import Delivery

Spec = dict[str, object]

SERVICE, CANARY, STABLE = "service", "canary-hash", "stable-hash"
# Five errors are a trend however few the requests, where two may be strays (C-2).
ERRORS_ALONE = 5
# How many standard deviations above the old version's errors the new one's may lie.
DEVIATIONS = 3


def abort(delivery: Delivery) -> Spec:
    """Beside a canary from its first pod to its last step."""
    metrics = [_running(each, delivery) for each in (*_always(delivery), _worse(delivery))]
    return _template(metrics, (SERVICE, CANARY, STABLE))


def watch(delivery: Delivery) -> Spec:
    """The same after a switch, for as long as the watch lasts; it switches back by itself."""
    count = ceil(delivery.watch_seconds / delivery.release.analysis_seconds)
    metrics = [_running(each, delivery) | {"count": count} for each in _always(delivery)]
    return _template(metrics, (SERVICE, CANARY))


def step(delivery: Delivery) -> Spec:
    """At the end of a step, over the whole of it."""
    waits = ceil(delivery.release.step_seconds / delivery.release.analysis_seconds)
    metrics = [
        _metric(each, delivery)
        | {
            "initialDelay": f"{delivery.release.analysis_seconds}s",
            # The first success is enough; until then it waits as long as the step took.
            "consecutiveSuccessLimit": 1,
            "inconclusiveLimit": waits,
            # The controller refuses a Rollout whose step might be judged without an end.
            "count": waits + 1,
        }
        for each in _at_the_end(delivery)
    ]
    seen = _metric(_seen(delivery), delivery)
    # Nothing at all in a whole step is a broken route or scrape: after the wait, that is an end.
    seen |= {"consecutiveSuccessLimit": 1, "failureLimit": waits, "count": waits + 1}
    return _template([seen, *metrics], (SERVICE, CANARY, STABLE))


def smoke(job: Spec) -> Spec:
    """The product's own tests against the idle colour; a Job that fails never switches."""
    return _template([{"name": "smoke", "provider": {"job": job}}], (SERVICE, "port"))


def arguments(name: str, *hashes: str) -> list[Spec]:
    """What a Rollout hands to a template: its service, and the hashes of new and old version."""
    latest: dict[str, str] = {CANARY: "Latest", STABLE: "Stable"}
    own: list[Spec] = [{"name": SERVICE, "value": name}]
    return own + [
        {"name": each, "valueFrom": {"podTemplateHashValue": latest[each]}} for each in hashes
    ]


def _always(delivery: Delivery) -> list[Metric]:
    """D-6: errors, P99 and crashes.

    Errors and P99 three times over: since the version's start, whose first errors need one scrape
    (0039); over the last seconds, for one that goes bad later; over a step, where few ask.
    """
    limits, release = delivery.release.thresholds, delivery.release
    new = signals.of(_arg(SERVICE), hash=_arg(CANARY))
    window, step_long = release.window_seconds, release.step_seconds
    soon, late = (signals.requests_in(seconds, new) for seconds in (window, step_long))
    ratio = f"max({signals.VERSION_ERROR_RATIO}{{{new}}})"
    p99 = f"max({signals.version_latency('p99')}{{{new}}})"
    recent = f"{ratio} and ({soon} >= {limits.samples}) and {_errors(window, new, limits.errors)}"
    so_far = f"{signals.error_ratio_in(step_long, new)} and {_errors(step_long, new, ERRORS_ALONE)}"
    slow_soon, slow_late = (
        f"({signals.slower_in(seconds, limits.p99_ms, new)} >= {limits.errors})"
        for seconds in (window, step_long)
    )
    slow = f"{signals.latency_in('p99', step_long, new)} and ({late} >= {limits.samples})"
    return [
        _age(delivery),
        Metric(name="error-rate", query=recent, limit=limits.error_ratio, condition="over"),
        Metric(name="error-rate-so-far", query=so_far, limit=limits.error_ratio, condition="over"),
        Metric(
            name="latency-p99",
            query=f"{p99} and ({soon} >= {limits.samples}) and {slow_soon}",
            limit=limits.p99_ms,
            condition="over",
        ),
        Metric(
            name="latency-p99-so-far",
            query=f"{slow} and {slow_late}",
            limit=limits.p99_ms,
            condition="over",
        ),
        *_since_start(delivery, new),
        Metric(name="crashes", query=_crashes(new), limit=0, condition="over", window=False),
    ]


def _age(delivery: Delivery) -> Metric:
    """How long nothing was recorded of anybody.

    Asked of the time before as well: at this moment a series is gone as soon as a few scrapes in a
    row came late, or Prometheus has just been started anew (0072).
    """
    known = signals.newest(signals.REQUESTS, 2 * delivery.stale_seconds)
    return Metric(
        name="metrics-age",
        query=f"time() - {known}",
        limit=delivery.stale_seconds,
        condition="found",
    )


def _since_start(delivery: Delivery, new: str) -> list[Metric]:
    limits = delivery.release.thresholds
    requests, errors = (
        signals.since_start(each, new) for each in (signals.REQUESTS_TOTAL, signals.ERRORS_TOTAL)
    )
    enough = f"({requests} >= {limits.samples})"
    ratio = f"{errors} / ({requests} > 0) and {enough} and ({errors} >= {limits.errors})"
    slow = f"{signals.latency_since_start('p99', new)} and {enough}"
    # The first requests of a cold process are slow; two of a hundred are a P99.
    slow = f"{slow} and ({signals.slower_since_start(limits.p99_ms, new)} >= {ERRORS_ALONE})"
    return [
        Metric(
            name="error-rate-since-start",
            query=ratio,
            limit=limits.error_ratio,
            condition="over",
            window=False,
        ),
        Metric(
            name="latency-p99-since-start",
            query=slow,
            limit=limits.p99_ms,
            condition="over",
            window=False,
        ),
    ]


def _worse(delivery: Delivery) -> Metric:
    """Errors that the old version does not have: what the next step's end would refuse anyway.

    It takes more of them than there, since it is asked over and over.
    """
    seconds = delivery.release.step_seconds
    new, old = (signals.of(_arg(SERVICE), hash=_arg(each)) for each in (CANARY, STABLE))
    requests, errors = (
        signals.since_start(each, new) for each in (signals.REQUESTS_TOTAL, signals.ERRORS_TOTAL)
    )
    enough = f"({requests} >= {delivery.release.thresholds.samples})"
    return Metric(
        name="errors-beyond-baseline",
        query=f"({_excess(requests, errors, seconds, old)}) and {enough}",
        limit=ERRORS_ALONE,
        condition="over",
        strictly=True,
        window=False,
    )


def _at_the_end(delivery: Delivery) -> list[Metric]:
    """R-P3-CAN: enough requests, errors and P95 below the limit, no worse than the old version."""
    limits, seconds = delivery.release.thresholds, delivery.release.step_seconds
    new = signals.of(_arg(SERVICE), hash=_arg(CANARY))
    old = signals.of(_arg(SERVICE), hash=_arg(STABLE))
    requests, failed = signals.requests_in(seconds, new), signals.errors_in(seconds, new)
    enough = f"({requests} >= {limits.samples})"
    errors = f"({signals.error_ratio_in(seconds, new)}) and {enough}"
    its, usual = (signals.latency_in("p95", seconds, which) for which in (new, old))
    # An answer that is held back because the old one is slow as well would stand unguarded (0072).
    slow = f"({its}) and {enough}"
    # Where the old version was asked nothing, there is nothing to be slower than.
    slower = f"({its}) - (({usual}) or ({its}))"
    return [
        Metric(
            name="error-rate",
            query=errors,
            limit=limits.error_ratio,
            condition="settled",
            strictly=True,
        ),
        Metric(
            name="latency-p95",
            query=slow,
            limit=limits.p95_ms,
            condition="settled",
            strictly=True,
        ),
        Metric(
            name="errors-beyond-baseline",
            query=f"({_excess(requests, failed, seconds, old)}) and {enough}",
            limit=limits.errors,
            condition="settled",
            strictly=True,
        ),
        Metric(
            name="slower-than-baseline",
            query=f"({slower}) and {enough}",
            limit=limits.slower_ms,
            condition="settled",
        ),
        Metric(
            name="crashes",
            query=_crashes(new, delivery.stale_seconds),
            limit=0,
            condition="found",
        ),
    ]


def _seen(delivery: Delivery) -> Metric:
    """Whether the step saw any request: 0 where it did, 1 where it did not."""
    new = signals.of(_arg(SERVICE), hash=_arg(CANARY))
    requests = signals.requests_in(delivery.release.step_seconds, new)
    return Metric(
        name="requests-seen",
        query=f"(1 - ({requests} > bool 0)) or vector(1)",
        limit=0,
        condition="found",
    )


def _errors(seconds: int, matchers: str, least: int) -> str:
    return f"({signals.errors_in(seconds, matchers)} >= {least})"


def _crashes(matchers: str, within: int | None = None) -> str:
    """Now, or as last recorded within some seconds: one late scrape is no lack of evidence."""
    found = f"{signals.CRASHES}{{{matchers}}}"
    return f"max(last_over_time({found}[{within}s]))" if within else f"max({found})"


def _excess(requests: str, errors: str, seconds: int, old: str) -> str:
    """Errors of the new version beyond what the old one's rate explains, chance included.

    A version that fails twice as often as the old one, and still below the limit, is no good one.
    """
    usual = f"({signals.error_ratio_in(seconds, old)} or vector(0))"
    explained = f"(({requests}) * {usual})"
    return f"({errors}) - {explained} - {DEVIATIONS} * sqrt({explained})"


def _running(metric: Metric, delivery: Delivery) -> Spec:
    # No verdict before the new pods have been scraped, where it is a rate over a window (C-4).
    delay = delivery.first_look_seconds if metric.window else signals.SCRAPE_SECONDS
    return _metric(metric, delivery) | {"initialDelay": f"{delay}s"}


def _metric(metric: Metric, delivery: Delivery) -> Spec:
    return {
        "name": metric.name,
        "interval": f"{delivery.release.analysis_seconds}s",
        "successCondition": metric.success,
        "failureCondition": metric.failure,
        "provider": {"prometheus": {"address": delivery.release.metrics, "query": metric.query}},
    }


def _template(metrics: Sequence[Spec], arguments: Sequence[str]) -> Spec:
    return {"args": [{"name": each} for each in arguments], "metrics": list(metrics)}


def _arg(name: str) -> str:
    return f"{{{{args.{name}}}}}"
