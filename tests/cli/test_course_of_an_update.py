"""What is told of an update by the engine while it lasts."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from cli.engine_watch import EngineWatch


def told(severity, message, *, ephemeral=False):
    out = io.StringIO()
    diagnostic = SimpleNamespace(severity=severity, message=message, ephemeral=ephemeral)
    nothing = dict.fromkeys(("resource_pre_event", "res_outputs_event", "res_op_failed_event"))
    with EngineWatch(Console(file=out)) as watch:
        watch.on_event(SimpleNamespace(**nothing, diagnostic_event=diagnostic))
    return out.getvalue().strip()


@pytest.mark.parametrize(("severity", "message", "shown"), [
    ("info", "Rollout gateway: step 2 of 9, 5 %", True),
    ("info", "using pulumi-resource-kubernetes from $PATH", False),
    ("debug", "Rollout gateway: step 2 of 9, 5 %", False),
    ("warning", "a chart is old", True),
])  # fmt: skip
def test_how_far_a_rollout_is_is_told_and_the_engine_s_own_chatter_is_not(severity, message, shown):
    assert told(severity, message) == (message if shown else "")


def test_what_the_engine_will_say_again_is_not_told():
    assert told("error", "retrying", ephemeral=True) == ""
