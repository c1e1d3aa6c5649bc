"""How a Rollout stands, read as its controller means it (decision 4).

`status.observedGeneration` is a string, which Pulumi's `waitFor` and kstatus take for absent: they
read the state of the revision before. A pause with a duration passes by itself; one without waits
for a person. Failures are told with the metric, its value and its query.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from settings.strategy import Strategy

AWAITS_A_PERSON = {
    "CanaryPauseStep": "waits at this step: promote or abort by `kubectl argo rollouts`",
    "BlueGreenPause": "the new colour is ready: promote or abort by `kubectl argo rollouts`",
    "InconclusiveAnalysisRun": "the analysis cannot tell: promote or abort by "
    "`kubectl argo rollouts`",
    "PausedByUser": "paused by hand; `kubectl argo rollouts promote` goes on",
}
_ENDED_BADLY = ("Failed", "Error", "Inconclusive")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_ARGUMENT = re.compile(r"{{\s*args\.([A-Za-z0-9_-]+)\s*}}")


def strategy(workload: Mapping[str, Any]) -> Strategy:
    """How a workload replaces its pods."""
    if workload["kind"] != "Rollout":
        return "rolling"
    return "blue-green" if "blueGreen" in _part(workload["spec"], "strategy") else "canary"


def seen(rollout: Mapping[str, Any]) -> bool:
    """Whether the status tells of the present spec."""
    observed = str(_part(rollout, "status").get("observedGeneration", ""))
    return observed == str(rollout["metadata"].get("generation", 1))


def steps(rollout: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The steps of a canary; none for another strategy."""
    return _entries(_part(_part(rollout["spec"], "strategy"), "canary"), "steps")


def step(rollout: Mapping[str, Any]) -> int | None:
    """The index of the present step; past the last one where all are done; None without steps."""
    index = _part(rollout, "status").get("currentStepIndex")
    return None if index is None or not steps(rollout) else int(index)


def weight(rollout: Mapping[str, Any]) -> int | None:
    """Per cent of the traffic that the new version gets, as its controller has set it."""
    status = _part(rollout, "status")
    if status.get("stableRS") and status.get("stableRS") == status.get("currentPodHash"):
        return 100
    weights = _part(_part(status, "canary"), "weights")
    told = _part(weights, "canary").get("weight")
    return None if told is None else int(told)


def pause(rollout: Mapping[str, Any]) -> str | None:
    """Why it is paused until a person decides; None where it is not, or where time will tell."""
    if rollout["spec"].get("paused"):
        return "PausedByUser"
    for condition in _entries(_part(rollout, "status"), "pauseConditions"):
        reason = str(condition.get("reason"))
        if reason == "CanaryPauseStep" and _timed(rollout):
            continue
        return reason
    return None


def _timed(rollout: Mapping[str, Any]) -> bool:
    index, all_steps = step(rollout), steps(rollout)
    if index is None or index >= len(all_steps):
        return False
    return _part(all_steps[index], "pause").get("duration") is not None


def scheduled_seconds(rollout: Mapping[str, Any]) -> float:
    """How long the pauses of all its steps take together."""
    pauses = (_part(each, "pause") for each in steps(rollout))
    return sum(_seconds(each["duration"]) for each in pauses if each.get("duration") is not None)


def _seconds(duration: object) -> float:
    """A duration as the controller reads it: a number of seconds, or `10m`."""
    text = str(duration)
    unit = _UNITS.get(text[-1:])
    number = text[:-1] if unit else text
    return float(number) * (unit or 1) if number.replace(".", "", 1).isdigit() else 0.0


def told_step(rollout: Mapping[str, Any]) -> str:
    """The present step in words, as `step 3 of 7, 25 %`; empty without steps."""
    index, total = step(rollout), len(steps(rollout))
    if index is None:
        return ""
    share = weight(rollout)
    shown = f", {share} %" if share is not None else ""
    return f"step {min(index + 1, total)} of {total}{shown}"


def of_revision(
    runs: Iterable[Mapping[str, Any]], rollout: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The AnalysisRuns of a Rollout's present revision."""
    uid, current = rollout["metadata"].get("uid"), _part(rollout, "status").get("currentPodHash")
    return [
        run
        for run in runs
        if any(owner.get("uid") == uid for owner in _entries(run["metadata"], "ownerReferences"))
        and _part(run["metadata"], "labels").get("rollouts-pod-template-hash") == current
    ]


def verdicts(runs: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What each metric that ended badly saw: value, limit, query."""
    for run in runs:
        queries = {str(metric["name"]): _query(metric, run) for metric in run["spec"]["metrics"]}
        for result in _entries(_part(run, "status"), "metricResults"):
            if result.get("phase") in _ENDED_BADLY:
                name = str(result["name"])
                yield f"metric {name} {result['phase']}: {_seen(result)}; asked: {queries[name]}"


def samples(runs: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was measured by metric, for the record of a release."""
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for result in _entries(_part(run, "status"), "metricResults"):
            values = [m.get("value") for m in _entries(result, "measurements") if "value" in m]
            found[str(result["name"])] = {
                "phase": result.get("phase"),
                "measurements": int(result.get("count", 0)),
                "last": values[-1] if values else None,
            }
    return found


def _seen(result: Mapping[str, Any]) -> str:
    told = [m for m in _entries(result, "measurements") if m.get("phase") in _ENDED_BADLY]
    values = [str(m.get("value") or m.get("message") or "no value") for m in told]
    counts = [f"{result[key]} {key}" for key in ("failed", "error", "inconclusive", "successful")
              if result.get(key)]  # fmt: skip
    return f"{', '.join(values) or result.get('message') or 'no value'} ({', '.join(counts)})"


def _query(metric: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    providers = _part(metric, "provider")
    asked = [_part(providers, name).get("query") for name in providers]
    text = next((str(query) for query in asked if query), "its provider")
    values = {str(a["name"]): str(a.get("value", "")) for a in _entries(run["spec"], "args")}
    filled = _ARGUMENT.sub(lambda found: values.get(found[1], found[0]), text)
    return " ".join(filled.split())


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping inside; empty where it is absent, null, or something else."""
    found: object = of.get(key)
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _entries(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list inside; empty where it is absent or null."""
    return cast("list[Mapping[str, Any]]", of.get(key) or [])
