"""Phase 2: ingress-nginx counts the gateway's requests, and every expression has data of it.

Issue 9, lines 2 and 5, where there is no mesh (decision 0063).
"""

from rehearsal import questions
from settings import signals
from tests.support.later import production

QUESTIONS = questions.of(production(phase=2))


def test_every_expression_returns_data(asked_at_the_door):
    prometheus, unanswered = asked_at_the_door
    for question in QUESTIONS:
        prometheus.ask(question.expr)  # refused where it is none
    assert [f"{each.asker}: {each.expr}" for each in unanswered] == []


def test_every_series_that_anybody_reads_is_exported_or_recorded(asked_at_the_door):
    exprs = {each.expr for each in QUESTIONS}
    assert questions.unexported(asked_at_the_door[0], exprs) == []


def test_nobody_asks_the_mesh_or_the_rollouts_controller(asked_at_the_door):
    assert asked_at_the_door[0].ask('{__name__=~"istio_.+|envoy_.+|rollout_.+|argocd_.+"}') == []
    assert {each.asker.split()[0] for each in QUESTIONS} == {
        "dashboard",
        "record",
        "alert",
        "checklist",
    }


def test_the_door_s_figures_are_the_gateway_s(asked_at_the_door):
    (ratio,) = asked_at_the_door[0].ask(signals.ERROR_RATIO)
    assert ratio["metric"]["service"] == "gateway"
    assert 0.06 < float(ratio["value"][1]) < 0.08, "7 of 100 answers are a 503"
    (p50,) = asked_at_the_door[0].ask(signals.latency("p50"))
    assert 250 < float(p50["value"][1]) < 500, "milliseconds, of a median of 420"
