"""What the release gate reads of error budgets, from a real Prometheus (issue 9: SLOs)."""

import pytest

from localcluster import ports
from operations import budgets


def test_the_gate_reads_what_is_left_the_least_first(prometheus):
    found = budgets.left(prometheus.url, ["payment-service", "device-service"])
    assert found[0].service == "payment-service", "the service that fails 7 % of its requests"
    assert found[0].spent
    best = [each for each in found if each.service == "device-service"]
    assert {each.objective for each in best} == {"availability", "latency"}
    assert not any(each.spent for each in best)


def test_of_all_services_that_are_asked_something_is_known(prometheus):
    known = {each.service for each in budgets.left(prometheus.url)}
    assert {"gateway", "auth-service"} <= known
    assert "translation-service" not in known, "nobody asked it"


def test_metrics_that_do_not_answer_are_no_permission():
    with pytest.raises(budgets.BudgetsUnknownError, match="does not say what is left"):
        budgets.left(f"http://127.0.0.1:{ports.pick()}")
