"""The stores under Compose: started with their files, judged healthy by what their images hold."""

import os
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rendering.compose_containers import Pod, mounts, service
from rendering.compose_stores import open_port_check
from rendering.compose_values import Values
from rendering.manifest import manifests
from rendering.recorder import reveal
from tests.support.compose import STACKS, services
from tests.support.recording import of_kind, one, recorded

INITIAL = "docker-entrypoint-initdb.d"


@pytest.fixture
def started(tmp_path):
    """PostgreSQL's container until its image's own entrypoint, which tells how it was called."""
    words = services("local")["postgres"]
    for folder in ("config", "secret", INITIAL, "bin"):
        (tmp_path / folder).mkdir()
    entrypoint = tmp_path / "bin" / "docker-entrypoint.sh"
    entrypoint.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    entrypoint.chmod(0o755)
    script = words["entrypoint"][2].replace("> /", f"> {tmp_path}/")
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-euc", script, "sh", *words["command"]],
        env={**words["environment"], "PATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tmp_path, done.stdout.splitlines()


def test_postgresql_is_called_as_in_its_pod(started):
    (container,) = one("local", "StatefulSet", "postgres")["spec"]["template"]["spec"]["containers"]
    assert started[1] == container["args"]


def test_postgresql_finds_a_certificate_and_its_key(started):
    folder, _ = started
    certificate = x509.load_pem_x509_certificate((folder / "secret" / "tls.crt").read_bytes())
    key = load_pem_private_key((folder / "secret" / "tls.key").read_bytes(), None)
    assert certificate.public_key() == key.public_key(), "the services demand TLS (ENV-03)"


def test_postgresql_admits_nobody_without_tls_over_the_network(started):
    rules = (started[0] / "config" / "pg_hba.conf").read_text().splitlines()
    assert {rule.split()[0] for rule in rules} == {"local", "hostssl"}


def test_files_are_readable_by_the_process_alone(started):
    files = [path for path in started[0].glob("*/*") if path.parent.name != "bin"]
    assert len(files) == 4
    # PostgreSQL refuses a key that others may read.
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.parametrize("stack", STACKS)
def test_folders_that_a_store_writes_are_its_own(stack):
    for found in services(stack).values():
        user, _, group = found["user"].partition(":")
        for folder in found.get("tmpfs", []):
            assert folder.endswith(f":uid={user},gid={group},mode=0700")


@pytest.mark.parametrize("stack", STACKS)
def test_each_store_keeps_its_command_and_its_addresses_are_compose_s(stack):
    for found in of_kind(stack, "StatefulSet"):
        words = services(stack)[found["metadata"]["name"]]
        assert "svc.cluster.local" not in str(words)
        assert "$(" not in str(words["command"]), "nobody would fill it in"
    kafka = services(stack)["redpanda"]["command"]
    assert "--advertise-kafka-addr=redpanda:9092" in kafka


@pytest.mark.parametrize("stack", STACKS)
def test_the_topics_are_made_by_the_same_script(stack):
    (job,) = [f for f in of_kind(stack, "Job") if f["metadata"]["name"].startswith("kafka-topics")]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    words = services(stack)["kafka-topics"]
    assert words["entrypoint"] == container["command"], "KAFKA-02"
    assert words["environment"] == {"BROKERS": "redpanda:9092"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_login_is_the_same_in_a_store_and_in_the_services_that_use_it(stack):
    found = {name: words.get("environment", {}) for name, words in services(stack).items()}
    postgres, redis, auth = found["postgres"], found["redis"], found["auth-service"]
    assert postgres["POSTGRES_PASSWORD"] == auth["DB_PASSWORD"] == found["schema"]["PGPASSWORD"]
    assert postgres["POSTGRES_USER"] == auth["DB_USER"] == found["schema"]["PGUSER"]
    assert redis["REDISCLI_AUTH"] == auth["REDIS_PASSWORD"]
    assert redis["REDISCLI_AUTH"] in services(stack)["redis"]["command"]
    search = found["community-service"]["ELASTICSEARCH_PASSWORD"]
    assert found["elasticsearch"]["ELASTIC_PASSWORD"] == search
    minio, milvus = found["milvus-minio"], found["milvus"]
    assert minio["MINIO_ROOT_PASSWORD"] == milvus["MINIO_SECRET_ACCESS_KEY"]


def test_a_store_that_nobody_described_for_compose_is_an_error():
    with pytest.raises(NotImplementedError, match="keydb has no health check for Compose"):
        open_port_check("keydb", 6379)


def gateway(change):
    """The gateway's pod after a change that Compose does not know."""
    found = manifests(recorded("local"))
    (manifest,) = [m for m in found if (m.kind, m.name) == ("Deployment", "gateway")]
    content = reveal(manifest.content)
    change(content["spec"]["template"]["spec"])
    pod, values = Pod(name="gateway", content=content), Values(found, {})
    return service(pod, values, mounts(pod, values))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda spec: spec["volumes"][0].update(emptyDir=None, hostPath={"path": "/"}) or
         spec["volumes"][0].pop("emptyDir"), "does not know the volume scratch"),
        (lambda spec: spec["containers"].append({}), "has 2 containers"),
        (lambda spec: spec["containers"][0]["env"].append({"name": "POD", "valueFrom": {}}),
         "does not know the source of POD"),
        (lambda spec: spec["containers"][0]["readinessProbe"].pop("httpGet"), "readiness probe"),
    ],
    ids=["volume", "container", "variable", "probe"],
)  # fmt: skip
def test_what_compose_does_not_know_is_an_error_and_never_left_out(change, said):
    assert gateway(lambda _: None)["image"].startswith("ghcr.io/manpasik/gateway:")
    with pytest.raises(NotImplementedError, match=said):
        gateway(change)
