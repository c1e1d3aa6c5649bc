"""Each workload gets exactly what its program listens on and reads.

`product_reads.yaml` was found by reading and running the product's code; it knows nothing of the
catalogue, so the two can contradict each other.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.recording import STACKS, environment, objects, of_kind, one

READS = yaml.safe_load((Path(__file__).parent / "product_reads.yaml").read_text())
# Read by the code, but left unset where nobody gives them: the code has its own answer to that.
OPTIONAL = {"LLM_API_KEY", "FIREBASE_PROJECT_ID"}
EVERY = [(stack, service) for stack in STACKS for service in READS]
FROM_SERVICE = {"GRPC_PORT", "HTTP_PORT", "VERSION", "DB_NAME", "KAFKA_GROUP_ID"}
FROM_SECRET = {
    "DB_USER", "DB_PASSWORD", "REDIS_PASSWORD", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD",
    "JWT_SECRET", "TOSS_SECRET_KEY", "FCM_SERVER_KEY", "LLM_API_KEY", "CONFIG_ENCRYPTION_KEY",
}  # fmt: skip


def container(stack: str, service: str):
    (found,) = one(stack, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_the_product_s_services_and_no_others_are_deployed(stack):
    deployed = {found["metadata"]["name"] for found in of_kind(stack, "Deployment")}
    assert deployed == set(READS), "22 services and the gateway (D-2)"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_a_service_gets_every_variable_its_code_reads_and_no_other(stack, service):
    given = set(environment(container(stack, service)))
    assert given - set(READS[service]["reads"]) == set(), "a variable that the code never reads"
    assert set(READS[service]["reads"]) - given <= OPTIONAL, "a variable that the code misses"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_each_variable_comes_from_where_its_value_belongs(stack, service):
    for name, variable in environment(container(stack, service)).items():
        if name in FROM_SERVICE:
            assert variable["value"], name
        elif name in FROM_SECRET:
            assert variable["valueFrom"]["secretKeyRef"] == {
                "name": "manpasik-secrets",
                "key": name,
            }
        else:
            reference = variable["valueFrom"]["configMapKeyRef"]
            assert reference == {"name": "manpasik-config", "key": name}


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_service_container_probes_and_port_variable_agree_on_the_code_s_port(stack, service):
    port, found = READS[service]["port"], container(stack, service)
    protocol = "http" if service == "gateway" else "grpc"
    (main,) = [p for p in one(stack, "Service", service)["spec"]["ports"] if p["name"] == protocol]
    assert (main["port"], main["targetPort"]) == (port, protocol)
    assert {"name": protocol, "containerPort": port, "protocol": "TCP"} in found["ports"]
    for variable in ("GRPC_PORT", "HTTP_PORT"):
        if variable in READS[service]["reads"]:
            told = environment(found)[variable]["value"]
            assert told == f":{port}", "the leading colon is part of the value"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_probes_are_those_that_the_program_answers(stack, service):
    found, port = container(stack, service), READS[service]["port"]
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if service == "gateway":
            assert found[name]["httpGet"] == {"path": "/health", "port": port}, "PROBE-02"
        else:
            native = {"port": port, "service": ""}
            assert found[name]["grpc"] == native, "native gRPC, empty name (PROBE-01, -04)"
    assert "grpc_health_probe" not in str(found), "no image holds it (PROBE-01)"


def test_the_start_up_probe_waits_for_the_slowest_start_that_the_code_knows():
    probe = container("local", "measurement-service")["startupProbe"]
    seconds = probe["periodSeconds"] * probe["failureThreshold"]
    assert seconds >= 3 + 10 + 5 + 5, "DB, Milvus, Kafka and search time out one after the other"


@pytest.mark.parametrize(("stack", "service"), EVERY)
def test_metrics_are_exposed_where_the_code_serves_them(stack, service):
    silent = service in ("gateway", "telemedicine-service")
    ports = [p["port"] for p in one(stack, "Service", service)["spec"]["ports"]]
    assert (9100 in ports) is not silent, "OBS-04"


@pytest.mark.parametrize("stack", STACKS)
def test_the_gateway_finds_each_of_its_services_at_its_real_port(stack):
    data = one(stack, "ConfigMap", "manpasik-config")["data"]
    for service in READS.keys() - {"gateway", "vision-service"}:
        key = service.upper().replace("-", "_") + "_ADDR"
        assert data[key] == f"{service}:{READS[service]['port']}", "PORT-04"
    assert "VISION_SERVICE_ADDR" not in data, "read by nothing (ENV-09)"


@pytest.mark.parametrize("stack", STACKS)
def test_the_configmap_holds_no_key_that_nobody_reads(stack):
    read = {name for service in READS.values() for name in service["reads"]}
    assert one(stack, "ConfigMap", "manpasik-config")["data"].keys() - read == set(), "ENV-09"


@pytest.mark.parametrize("stack", STACKS)
def test_the_secret_holds_every_key_that_is_read_and_no_other(stack):
    assert set(one(stack, "Secret", "manpasik-secrets")["stringData"]) == FROM_SECRET - OPTIONAL


@pytest.mark.parametrize("stack", STACKS)
def test_values_have_the_form_that_the_code_parses(stack):
    data = one(stack, "ConfigMap", "manpasik-config")["data"]
    forms = {
        "KAFKA_BROKERS": r"[a-z.-]+:9092", "ELASTICSEARCH_URL": r"http://[a-z.-]+:9200",
        "DB_HOST": r"postgres\.manpasik-data\.svc\.cluster\.local", "DB_SSLMODE": "require",
        "MILVUS_PORT": "19530", "REDIS_PORT": "6379", "ALLOWED_ORIGINS": r"https://[^*]+",
    }  # fmt: skip
    for name, form in forms.items():
        assert re.fullmatch(form, data[name]), name


@pytest.mark.parametrize("stack", STACKS)
def test_each_service_has_a_database_of_its_own_but_admin_shares_auth_s(stack):
    databases = {}
    for service in READS:
        if variable := environment(container(stack, service)).get("DB_NAME"):
            databases.setdefault(variable["value"], set()).add(service)
    assert databases.pop("manpasik_auth") == {"auth-service", "admin-service"}, "DB-03"
    assert all(len(services) == 1 for services in databases.values()), "decision 7"
    assert len(databases) == 19


@pytest.mark.parametrize("stack", STACKS)
def test_stores_that_no_service_uses_are_not_deployed(stack):
    names = {found["metadata"]["name"] for found in of_kind(stack, "StatefulSet")}
    assert names == {
        "postgres", "redis", "redpanda", "milvus", "milvus-etcd", "milvus-minio", "elasticsearch",
    }, "no Keycloak, Kong, MQTT, MinIO of its own or TimescaleDB (DATA-02)"  # fmt: skip
    assert "keycloak" not in str(objects(stack)).lower()
