"""What a phase implies, what a stack may say instead, and what can be judged (R-P2, R-P3, R-P4)."""

import pytest

from settings import SettingsError, load
from settings.realisable import samples, unrealisable

PRODUCTION = {"environment": "production", "images": {"tag": "v1.2.3"}}


def production(**own):
    return load("production", PRODUCTION | own)


def refused(**own):
    with pytest.raises(SettingsError) as caught:
        production(**own)
    return str(caught.value)


@pytest.mark.parametrize(("phase", "strategy", "meshed", "watch_minutes"), [
    (1, "rolling", False, 30), (2, "rolling", False, 30),
    (3, "canary", True, 30), (4, "blue-green", True, 10),
])  # fmt: skip
def test_a_phase_implies_strategy_mesh_gitops_and_watch(phase, strategy, meshed, watch_minutes):
    found = production(phase=phase).delivery
    assert (found.strategy, found.meshed, found.gitops) == (strategy, meshed, meshed)
    assert found.watch_seconds == watch_minutes * 60, "R-CHECK, R-P4-BG"


@pytest.mark.parametrize(("key", "value"), [
    ("strategy", "rolling"), ("mesh", False), ("gitops", False),
])  # fmt: skip
def test_each_can_be_set_by_itself(key, value):
    own = {key: value} | ({"strategy": "rolling"} if key == "mesh" else {})
    found = production(phase=3, **own).delivery
    usual = production(phase=3).delivery
    assert getattr(found, "meshed" if key == "mesh" else key) == value
    others = {"gitops", "meshed", "strategy"} - {"meshed" if key == "mesh" else key, *own}
    assert all(getattr(found, each) == getattr(usual, each) for each in others)


def test_the_figures_are_the_specification_s():
    release = production(phase=3).delivery.release
    assert (release.steps, release.step_seconds) == ((5, 25, 50), 600), "R-P3-CAN"
    limits = release.thresholds
    assert (limits.error_ratio, limits.p95_ms, limits.p99_ms) == (0.01, 200, 1000), "D-6"


def test_one_stray_error_is_never_more_than_the_threshold():
    limits = production(phase=3).delivery.release.thresholds
    assert 1 / limits.samples <= limits.error_ratio, "C-2"


def test_the_idle_colour_outlives_the_watch():
    for own in ({}, {"release": {"watch_seconds": 1200}}):
        found = production(phase=4, **own).delivery
        assert found.idle_seconds >= max(600, found.watch_seconds + 60), "decision 10"


@pytest.mark.parametrize("strategy", ["canary", "blue-green"])
def test_what_is_judged_by_the_mesh_needs_one(strategy):
    told = refused(strategy=strategy)
    assert "manpasik:stack.strategy" in told
    assert "set mesh: true, or strategy: rolling" in told


def test_the_mesh_cannot_be_switched_off_under_a_canary():
    assert "manpasik:stack.mesh" in refused(phase=3, mesh=False)


@pytest.mark.parametrize("steps", [[25, 5], [5, 5], [0], [100], []])
def test_steps_that_do_not_rise_between_1_and_99_are_refused(steps):
    assert "release.steps" in refused(phase=3, release={"steps": steps})


def test_every_release_of_every_phase_can_be_judged():
    assert [[*unrealisable(production(phase=phase))] for phase in (1, 2, 3, 4)] == [[]] * 4, "C-3"


def test_a_service_that_nobody_asks_rolls():
    assert production(phase=3).strategy("vision-service") == "rolling"
    assert production(phase=3).strategy("gateway") == "canary"


def test_a_step_that_sees_too_little_names_the_share_and_the_time_that_would_do():
    found = production(phase=3, release={"steps": [1, 50]})
    told = {sentence.partition(":")[0]: sentence for sentence in unrealisable(found)}
    assert "gateway" not in told
    sentence = told["admin-service"]
    assert "step of 1 %" in sentence
    assert "a first step of 4 % would do, or release.step_seconds of 2000" in sentence


def test_the_remedy_of_a_step_really_helps():
    short = production(phase=3, release={"steps": [1, 50]})
    (sentence,) = [each for each in unrealisable(short) if each.startswith("admin-service")]
    least, longer = int(sentence.split("first step of ")[1].split()[0]), int(sentence.split()[-1])
    wanted = short.delivery.release.thresholds.samples
    assert samples(short, "admin-service", least, 600) >= wanted
    assert samples(short, "admin-service", 1, longer) >= wanted
    assert samples(short, "admin-service", least - 1, 600) < wanted
