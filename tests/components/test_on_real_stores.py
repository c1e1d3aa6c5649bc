"""The scripts inside the rendered pods, run on a real PostgreSQL and a real Redis.

The kubelet that would run them is simulated in the cluster tier; here they run as they stand in the
manifests, with the environment that the manifests give them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from components.delivery.schema import steps
from rendering import manifests, record
from rendering.recorder import reveal
from settings import load
from tests.support.postgres import postgres as server
from tests.support.servers import BIN, free_port, running

SEED = "seed of a test"
# busybox's nc of the image, reduced to what the gate asks of it.
NC = f"""#!{sys.executable}
import socket, sys
with socket.socket() as client:
    client.settimeout(float(sys.argv[3]))
    sys.exit(client.connect_ex((sys.argv[4], int(sys.argv[5]))) != 0)
"""


@pytest.fixture(scope="module")
def rendered():
    found = manifests(record(load("local"), secrets={}, seed=SEED))
    return {(m.kind, m.name.split("-migrate-")[0]): reveal(m.content) for m in found}


@pytest.fixture(scope="module")
def tools():
    folder = Path(tempfile.mkdtemp(prefix="mpk-test-"))
    folder.chmod(0o755)
    (folder / "nc").write_text(NC)
    (folder / "nc").chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres(rendered, tools):
    secret = rendered["Secret", "postgres"]["stringData"]
    with server(tools, secret["POSTGRES_USER"], secret["POSTGRES_PASSWORD"]) as found:
        yield found.port


@pytest.fixture
def run(rendered, tools, postgres):
    def run(container, *, timeout=30, **changes):
        for name, content in steps().items():
            (tools / name).write_text(content)
        environment = {
            "PATH": f"{tools}:{BIN}:{os.environ['PATH']}",
            **variables(rendered, container),
            "DB_HOST": "127.0.0.1", "DB_PORT": str(postgres), "DB_SSLMODE": "disable",
        } | changes  # fmt: skip
        return subprocess.run(
            [part.replace("/steps", str(tools)) for part in container["command"]],
            env=environment | {"PGPASSFILE": str(tools / "pgpass")},
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def variables(rendered, container):
    config = rendered["ConfigMap", "manpasik-config"]["data"]
    secrets = rendered["Secret", "manpasik-secrets"]["stringData"]
    found = {}
    for variable in container["env"]:
        source = variable.get("valueFrom", {})
        if "configMapKeyRef" in source:
            found[variable["name"]] = config[source["configMapKeyRef"]["key"]]
        elif "secretKeyRef" in source:
            found[variable["name"]] = secrets[source["secretKeyRef"]["key"]]
        else:
            found[variable["name"]] = variable["value"]
    return found


def init_container(rendered, kind, name, number=0):
    return rendered[kind, name]["spec"]["template"]["spec"]["initContainers"][number]


def psql(rendered, postgres, database, statement):
    secret = rendered["Secret", "postgres"]["stringData"]
    address = ["-h", "127.0.0.1", "-p", str(postgres), "-U", secret["POSTGRES_USER"]]
    return subprocess.run(
        [BIN / "psql", *address, "-d", database, "-qtAc", statement],
        env={"PGPASSWORD": secret["POSTGRES_PASSWORD"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def databases(rendered, postgres):
    return psql(rendered, postgres, "postgres", "select datname from pg_database").splitlines()


def test_a_migration_makes_its_database_once_and_is_content_the_second_time(
    rendered, run, postgres
):
    create = init_container(rendered, "Job", "coaching-service")
    for _ in range(2):
        done = run(create)
        assert done.returncode == 0, done.stderr
    assert databases(rendered, postgres).count("manpasik_coaching") == 1


def test_a_migration_without_a_database_server_waits_and_does_not_fail(rendered, run):
    create = init_container(rendered, "Job", "coaching-service")
    with pytest.raises(subprocess.TimeoutExpired):
        run(create, timeout=3, DB_PORT=str(free_port()))


def test_a_service_waits_until_its_schema_is_there_and_clean(rendered, run, postgres):
    run(init_container(rendered, "Job", "shop-service"))
    gate = init_container(rendered, "Deployment", "shop-service")
    with pytest.raises(subprocess.TimeoutExpired):
        run(gate, timeout=3)
    table = "create table schema_migrations (version bigint, dirty boolean)"
    psql(rendered, postgres, "manpasik_shop", table)
    psql(rendered, postgres, "manpasik_shop", "insert into schema_migrations values (1, true)")
    with pytest.raises(subprocess.TimeoutExpired):
        run(gate, timeout=3)
    psql(rendered, postgres, "manpasik_shop", "update schema_migrations set dirty = false")
    assert "schema 1 in manpasik_shop" in run(gate).stdout


def test_a_guest_waits_for_its_own_version_in_the_owner_s_database(rendered, run, postgres):
    run(init_container(rendered, "Job", "auth-service"))
    psql(
        rendered,
        postgres,
        "manpasik_auth",
        "create table schema_migrations (version int, dirty bool)",
    )
    psql(rendered, postgres, "manpasik_auth", "insert into schema_migrations values (9, false)")
    gate = init_container(rendered, "Deployment", "admin-service")
    with pytest.raises(subprocess.TimeoutExpired):
        run(gate, timeout=3)


def test_a_service_waits_for_every_store_that_it_uses(rendered, run, postgres):
    run(init_container(rendered, "Job", "subscription-service"))
    for statement in (
        "create table schema_migrations (version int, dirty bool)",
        "insert into schema_migrations values (1, false)",
    ):
        psql(rendered, postgres, "manpasik_subscription", statement)
    gate = init_container(rendered, "Deployment", "subscription-service")
    closed = str(free_port())
    here = {"REDIS_HOST": "127.0.0.1", "KAFKA_BROKERS": f"127.0.0.1:{postgres}"}
    with pytest.raises(subprocess.TimeoutExpired):
        run(gate, timeout=4, **here, REDIS_PORT=closed)
    assert run(gate, **here, REDIS_PORT=str(postgres)).returncode == 0
    with pytest.raises(subprocess.TimeoutExpired):
        run(
            gate,
            timeout=4,
            **here | {"KAFKA_BROKERS": f"127.0.0.1:{closed}"},
            REDIS_PORT=str(postgres),
        )


def test_redis_as_rendered_asks_for_the_password_and_its_probe_knows_it(rendered, tools):
    port = free_port()
    (container,) = rendered["StatefulSet", "redis"]["spec"]["template"]["spec"]["containers"]
    password = rendered["Secret", "redis"]["stringData"]["REDISCLI_AUTH"]
    assert password == rendered["Secret", "manpasik-secrets"]["stringData"]["REDIS_PASSWORD"]
    folder = tools / "redis"
    folder.mkdir()
    expanded = [
        a.replace("$(REDISCLI_AUTH)", password).replace("/data", str(folder))
        for a in container["args"]
    ]
    binary = Path(sys.prefix) / "bin"
    command = [binary / "redis-server", *expanded, "--port", str(port), "--bind", "127.0.0.1"]
    wrapper = folder / "redis-cli"
    wrapper.write_text(f'#!/bin/sh\nexec {binary}/redis-cli -p {port} "$@"\n')
    wrapper.chmod(0o755)
    probe = container["readinessProbe"]["exec"]["command"]
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    with running(command, port):
        assert (
            subprocess.run(probe, env=path | {"REDISCLI_AUTH": password}, check=False).returncode
            == 0
        )
        assert (
            subprocess.run(probe, env=path | {"REDISCLI_AUTH": "wrong"}, check=False).returncode
            != 0
        )
