"""Every figure of the alerts spoiled once: does a test then fail?

`python -m tests.support.mutations`: evidence, not part of the suite (issue 9, line 1). Threshold,
window, `for`, `keep_firing_for`, the guard against low traffic, the factors of burn rates. A figure
whose spoiling no test sees is printed as `unseen`, and the exit code is 1.
"""

import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.monitoring import objectives, rules
from settings import monitoring
from tests.components.monitoring import test_alert_budgets, test_alert_edges
from tests.components.monitoring import test_rules_from_exporters as from_exporters
from tests.support.later import production
from tests.support.promtool import Case, verdicts

CASES = [*test_alert_edges.CASES, *test_alert_budgets.CASES, *from_exporters.CASES]
Groups = Sequence[Mapping[str, Any]]
Mutant = tuple[str, str, Groups]
"""The alert, what was done to it, and the rules with it."""
GUARDED = ("ErrorRateCritical", "ErrorRateHigh", "LatencyHigh", "BudgetBurningFast",
           "BudgetBurningSlowly")  # fmt: skip


def mutants() -> Iterator[Mutant]:
    """One change each."""
    for name, alert in monitoring.alerts(production(phase=3)).items():
        yield from thresholds(name, alert.threshold)
        for seconds in (0, alert.for_seconds + 75) if alert.for_seconds else ():
            yield name, f"for {seconds} s", changed(name, for_seconds=seconds)
        for seconds in (0, alert.keep_seconds * 4) if alert.keep_seconds else ():
            groups = spoiled(name, "keep_firing_for", f"{seconds}s")
            yield name, f"keeps {seconds} s", groups
    yield from guards()
    yield from burns()
    for seconds in (200, 420):
        groups = replaced("manpasik-resources", "[300s]", f"[{seconds}s]")
        yield "PodCrashLooping", f"window {seconds} s", groups


def thresholds(name: str, figure: float) -> Iterator[Mutant]:
    """A little less and a little more; of a count one."""
    step = 1 if 0 < figure == int(figure) < 5 else figure * 0.03
    for spoilt in (figure - step, figure + step) if figure else ():
        yield name, f"threshold {spoilt:g}", changed(name, threshold=spoilt)
    if name == "NotificationsFailing":
        yield name, "threshold 100", changed(name, threshold=100)


def guards() -> Iterator[Mutant]:
    """The fewest requests that count: any at all, or far too many."""
    for samples in (1, 100_000):
        release = {"thresholds": {"samples": samples}}
        for name in GUARDED:
            yield (
                name,
                f"counts from {samples} on",
                rules.groups(production(phase=3, release=release)),
            )


def burns() -> Iterator[Mutant]:
    """How many times too fast is told of."""
    for name, pairs in (
        ("BudgetBurningFast", objectives.FAST),
        ("BudgetBurningSlowly", objectives.SLOW),
    ):
        for factor, *_ in pairs:
            for other in (factor * 0.95, factor * 1.05):
                groups = replaced("manpasik-alerts", f"{factor:g} * (1", f"{other:g} * (1")
                yield name, f"{other:g} instead of {factor:g} times", groups


def changed(name: str, **figures: float) -> Groups:
    """As a stack would say it."""
    return rules.groups(production(phase=3, monitoring={"alerts": {name: figures}}))


def spoiled(name: str, key: str, value: str) -> Groups:
    """What no stack may say."""
    found = copy.deepcopy(list(rules.groups(production(phase=3))))
    for rule in found[-1]["rules"]:
        if rule["alert"] == name:
            rule[key] = value
    return found


def replaced(group: str, old: str, new: str) -> Groups:
    """In the expressions of one group."""
    found = copy.deepcopy(list(rules.groups(production(phase=3))))
    (wanted,) = [each for each in found if each["name"] == group]
    for rule in wanted["rules"]:
        rule["expr"] = rule["expr"].replace(old, new)
    return found


def main() -> int:
    """Judge each; how many no test sees."""
    unseen = total = 0
    for name, what, groups in mutants():
        own: list[Case] = [case for case in CASES if case.alert == name]
        failed = [case for case, told in verdicts(own, groups).items() if told]
        unseen, total = unseen + (not failed), total + 1
        verdict = f"seen by {len(failed)} of {len(own)}" if failed else "unseen"
        print(f"{name}: {what}: {verdict}", flush=True)  # noqa: T201 - what it is for
    print(f"{total - unseen} of {total} seen")  # noqa: T201
    return min(unseen, 1)


if __name__ == "__main__":
    sys.exit(main())
