"""What the engine waits for beyond what its provider awaits (decision 4, A-1; 0046)."""

import asyncio
import types

import pulumi
import pytest

from components.delivery import waiting
from components.delivery.waiting import Watched

METADATA = {"metadata": {"namespace": "manpasik", "name": "gateway"}}


def called(waits, known=("kubeconfig",)):
    watched = Watched(kubeconfig=None, context="a", waits=waits)
    args = pulumi.ResourceHookArgs("urn", "id", "gateway-rollout", "Rollout", METADATA)

    async def run():
        await waiting.callback(watched, list(known))(args)
        # What was told from the thread is said by the loop.
        await asyncio.sleep(0)

    asyncio.run(run())


def test_the_rollout_that_was_applied_is_followed_on_its_own_cluster(monkeypatch):
    said, asked = [], []
    monkeypatch.setattr(pulumi.log, "info", said.append)

    def waits(*where):
        asked.append(where[:4])
        where[4]("step 1 of 9, 5 %")

    called(waits)
    assert asked == [("kubeconfig", "a", "manpasik", "gateway")]
    assert said == ["step 1 of 9, 5 %"]


def test_why_a_rollout_failed_is_why_the_update_fails():
    def waits(*_):
        raise ValueError("Rollout gateway: aborted; metric error-rate Failed: 0.2 (1 failed)")

    with pytest.raises(ValueError, match="metric error-rate Failed"):
        called(waits)


def test_an_engine_without_hooks_gets_none(monkeypatch):
    monkeypatch.setattr(waiting, "monitor_supports_feature", lambda _: False)
    assert waiting.after_rollouts(Watched(kubeconfig="a", context=None, waits=print)) is None


def test_making_and_changing_are_followed_by_one_hook(monkeypatch):
    made = []
    monkeypatch.setattr(waiting, "monitor_supports_feature", lambda _: True)
    monkeypatch.setattr(pulumi, "ResourceHook", lambda *args: made.append(args) or args)
    monkeypatch.setattr(pulumi.Output, "from_input", lambda value: types.SimpleNamespace(
        apply=lambda keep: keep(value)))  # fmt: skip
    binding = waiting.after_rollouts(Watched(kubeconfig="a", context=None, waits=print))
    assert binding.after_create == binding.after_update == made
    assert binding.before_create is binding.after_delete is None
