"""Alerts from what exporters say, through the recorded series (issue 9, line 1; OBS-01 to 06)."""

import pytest

from tests.support.promtool import Case, verdicts

POD = 'namespace="manpasik",pod="auth-service-7d9f8c6b5-abcde"'
RESTARTS = f'kube_pod_container_status_restarts_total{{{POD},container="auth-service"}}'
WAITING = f'kube_pod_container_status_waiting_reason{{{POD},container="auth-service",reason="CrashLoopBackOff"}}'  # noqa: E501
NODE = {f'kube_pod_info{{{POD},node="node-1"}}': "1x400"}
PROXY = ('reporter="destination",destination_workload="auth-service",'
         'destination_workload_namespace="manpasik",destination_canonical_revision="v1",'
         'rollouts_pod_template_hash="a"')  # fmt: skip
BUCKET = "istio_request_duration_milliseconds_bucket"
FAILING = "prometheus_rule_evaluation_failures_total"
DAY = 86400


def answers(code, text, grpc=""):
    told = f'response_code="{code}",grpc_response_status="{grpc}",response_flags="-"'
    return {f"istio_requests_total{{{PROXY},{told}}}": text}


def timed(*edges):
    return {f'{BUCKET}{{{PROXY},le="{edge}"}}': text for edge, text in edges}


def crashes(situation, text, firing, **more):
    series = {RESTARTS: text, **NODE, **more.pop("series", {})}
    return Case(alert="PodCrashLooping", situation=situation, series=series, firing=firing,
                raw=True, **more)  # fmt: skip


def errors(alert, situation, series, firing, **more):
    return Case(alert=alert, situation=situation, series=series, firing=firing, raw=True, **more)


CRASHES = [
    crashes("3 in 5 minutes", "0x3 1x3 2x3 3x12", {165: 0, 195: 1}, where='node="node-1"'),
    crashes("2 in 5 minutes", "0x3 1x3 2x80", {300: 0, 1200: 0}),
    crashes("3 in 6 minutes", "0x3 1x10 2x12 3x80", {300: 0, 450: 0, 1200: 0}),
    crashes("of a pod that has moved to another node", "0x3 3x40", {120: 1},
            series={f'kube_pod_info{{{POD},node="node-2"}}': "1x400"}),
    crashes("of nobody's node", "0x3 3x40", {120: 1}, where='service="auth-service"'),
    crashes("it goes on in back-off", "0x3 3x200", {120: 1, 1800: 1},
            series={WAITING: "0x4 1x200"}),
    crashes("it ends once the pod stays up", "0x3 3x200", {120: 1, 900: 0},
            series={WAITING: "0x4 1x10 0x200"}),
    crashes("back-off without three crashes", "0x3 2x200", {120: 0, 1800: 0},
            series={WAITING: "1x200"}),
    crashes("the count begins anew with another exporter", "7x8 0x60", {240: 0, 900: 0}),
]  # fmt: skip

# 10 requests a second; 4.9 and 5.1 of 100 fail.
ERRORS = [
    errors("ErrorRateCritical", "5.1 % of answers",
           answers(200, "0+142.35x80") | answers(500, "0+7.65x80"), {600: 1}),
    errors("ErrorRateCritical", "4.9 % of answers",
           answers(200, "0+142.65x80") | answers(500, "0+7.35x80"), {600: 0}),
    errors("ErrorRateHigh", "4.9 % of answers",
           answers(200, "0+142.65x80") | answers(500, "0+7.35x80"), {600: 1}),
    errors("ErrorRateHigh", "4xx are the caller's",
           answers(200, "0+100x80") | answers(404, "0+50x80"), {600: 0}),
    errors("ErrorRateHigh", "gRPC errors behind a 200",
           answers(200, "0+140x80", "0") | answers(200, "0+10x80", "14"), {600: 1}),
    errors("ErrorRateHigh", "gRPC NotFound is the caller's",
           answers(200, "0+100x80", "0") | answers(200, "0+50x80", "5"), {600: 0}),
    errors("ErrorRateHigh", "a proxy that begins anew at 0 is no error",
           answers(200, "0+150x30 0+150x50") | answers(500, "900x30 0x50"), {600: 0, 750: 0}),
    errors("LatencyHigh", "6 of 100 are slower",
           answers(200, "0+150x80") | timed(("500", "0+141x80"), ("750", "0+150x80"),
                                           ("+Inf", "0+150x80")), {600: 1}),
    errors("LatencyHigh", "4 of 100 are slower",
           answers(200, "0+150x80") | timed(("500", "0+144x80"), ("750", "0+150x80"),
                                           ("+Inf", "0+150x80")), {600: 0}),
    errors("LatencyHigh", "the histogram begins anew at 0",
           answers(200, "0+150x80") | timed(("500", "0+150x30 0+150x50"),
                                           ("+Inf", "0+150x30 0+150x50")), {600: 0, 1050: 0}),
]  # fmt: skip

CERTIFICATE = 'certmanager_certificate_expiration_timestamp_seconds{name="tls",namespace="istio"}'
FILES = 'node="n",mountpoint="/",fstype="ext4"'
LIMIT = f'kube_pod_container_resource_limits{{{POD},container="auth-service",resource="cpu"}}'
USED = f'container_cpu_usage_seconds_total{{{POD},container="auth-service"}}'
OTHERS = [
    errors("CertificateExpiring", "7 days less an hour",
           {CERTIFICATE: f"{7 * DAY - 3600}x20"}, {120: 1}, where='name="tls"'),
    errors("CertificateExpiring", "7 days and an hour", {CERTIFICATE: f"{7 * DAY + 3600}x20"},
           {240: 0}),
    errors("CertificateExpiring", "never issued", {CERTIFICATE: "0x20"}, {240: 0}),
    errors("DiskFilling", "86 of 100", {f"node_filesystem_avail_bytes{{{FILES}}}": "14x60",
           f"node_filesystem_size_bytes{{{FILES}}}": "100x60"}, {600: 1}, where='of="n /"'),
    errors("DiskFilling", "84 of 100", {f"node_filesystem_avail_bytes{{{FILES}}}": "16x60",
           f"node_filesystem_size_bytes{{{FILES}}}": "100x60"}, {600: 0}),
    errors("CpuHigh", "81 % of its limit", {USED: "0+12.15x60", LIMIT: "1x60"},
           {600: 1}, where='of="auth-service"'),
    errors("CpuHigh", "79 % of its limit", {USED: "0+11.85x60", LIMIT: "1x60"}, {600: 0}),
    errors("RulesFailing", "one failure", {f'{FAILING}{{rule_group="g"}}': "0x10 1x40"}, {240: 1}),
    errors("RulesFailing", "none", {f'{FAILING}{{rule_group="g"}}': "5x60"}, {240: 0, 600: 0}),
    errors("NotificationsFailing", "Slack refuses", {
        'alertmanager_notifications_failed_total{integration="slack"}': "0+1x60"}, {300: 1},
        where='integration="slack"'),
    errors("NotificationsFailing", "none", {
        'alertmanager_notifications_failed_total{integration="slack"}': "3x60"}, {600: 0}),
]  # fmt: skip
CASES = [*CRASHES, *ERRORS, *OTHERS]


@pytest.fixture(scope="module")
def told():
    return verdicts(CASES)


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_an_alert_reads_what_exporters_say_as_it_is_meant(told, name):
    assert told[name] == ""
