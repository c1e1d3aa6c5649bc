"""The exporter's words: Istio's names and labels, from what was really counted (OBS-01, OBS-02)."""

from collections import Counter

import pytest

from drill import metrics
from drill.log import Tail
from drill.metrics import Logged, PodCounts, Source
from settings import signals

POD = {
    "metadata": {
        "name": "gateway-5d9c-abcde",
        "namespace": "manpasik",
        "uid": "u",
        "labels": {
            "app.kubernetes.io/version": "v2.0.0",
            "rollouts-pod-template-hash": "5d9c",
        },
        "ownerReferences": [{"kind": "ReplicaSet", "name": "gateway-5d9c"}],
    },
    "status": {
        "containerStatuses": [
            {
                "name": "gateway",
                "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            }
        ]
    },
}


def counted(*answers):
    counts = PodCounts(labels=metrics.identity(POD))
    for code, seconds in answers:
        counts.count(code, seconds)
    return counts


def lines(text, name):
    return [line for line in text.splitlines() if line.startswith(name + "{")]


def test_a_pod_is_named_as_istio_and_the_scrape_name_it():
    found = metrics.identity(POD)
    assert found["destination_workload"] == "gateway"
    assert found["destination_canonical_revision"] == "v2.0.0"
    assert found["rollouts_pod_template_hash"] == "5d9c"
    assert found["reporter"] == "destination"


def test_requests_are_counted_by_their_code():
    text = metrics.text([counted((200, 0.01), (200, 0.02), (500, 0.01))], {}, [])
    values = {line.rpartition(" ")[2] for line in lines(text, "istio_requests_total")}
    assert values == {"2", "1"}
    (error,) = [line for line in text.splitlines() if 'response_code="500"' in line]
    assert error.endswith(" 1")


@pytest.mark.parametrize(
    ("seconds", "below", "within"), [(0.2, 150, 200), (0.2001, 200, 250), (1.0, 750, 1000)]
)
def test_a_latency_falls_into_the_bucket_of_the_first_edge_that_holds_it(seconds, below, within):
    text = metrics.text([counted((200, seconds))], {}, [])
    buckets = lines(text, "istio_request_duration_milliseconds_bucket")
    values = {line.partition('le="')[2].partition('"')[0]: line[-1] for line in buckets}
    assert (values[str(below)], values[str(within)], values["+Inf"]) == ("0", "1", "1")


def test_the_edges_are_those_that_the_products_mesh_records():
    buckets = lines(metrics.text([counted()], {}, []), "istio_request_duration_milliseconds_bucket")
    assert len(buckets) == len(signals.BUCKETS_MS) + 1


def test_restarts_are_told_by_pod_and_container_as_kube_state_metrics_does():
    text = metrics.text([], {}, [POD])
    (line,) = lines(text, "kube_pod_container_status_restarts_total")
    assert 'pod="gateway-5d9c-abcde"' in line
    assert 'container="gateway"' in line
    assert line.endswith(" 3")
    (waiting,) = lines(text, "kube_pod_container_status_waiting_reason")
    assert 'reason="CrashLoopBackOff"' in waiting


def test_a_request_that_no_pod_took_is_told_by_its_caller():
    logged = Logged(service="gateway", code=503, grpc_status="", flags="UH")
    text = metrics.text([], {logged: 7}, [])
    (line,) = lines(text, "istio_requests_total")
    assert 'reporter="source"' in line
    assert 'response_flags="UH"' in line
    assert line.endswith(" 7")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Source.GOOD, 'a{b="c"} 5\n'),
        (Source.EMPTY, "\n"),
        (Source.STALE, "before\n"),
        (Source.NAN, 'a{b="c"} NaN\n'),
    ],
)
def test_a_source_fails_in_the_ways_that_one_does(source, expected):
    assert metrics.failing('a{b="c"} 5\n', source, "before\n") == expected


def test_the_log_is_read_once_and_in_whole_lines(tmp_path):
    log = tmp_path / "access.log"
    whole = "1.5\tgateway\tgateway|canary\t127.0.0.1:1\t503\t-\t3\tUH\tHTTP/1.1\n"
    log.write_text(whole + whole[:20])
    tail = Tail(log)
    assert [each.service for each in tail.read()] == ["gateway"]
    with log.open("a") as file:
        file.write(whole[20:])
    found = Counter(tail.read())
    assert found == {Logged(service="gateway", code=503, grpc_status="", flags="UH"): 1}
    assert list(tail.read()) == []
