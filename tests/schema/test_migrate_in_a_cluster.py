"""`mpk migrate … --stack` without a database: Jobs after the service's own (issue 8, lines 3, 6).

What is made is run here as a kubelet would: by the real golang-migrate, on a real PostgreSQL.
"""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from operations import schema_gate, schema_notes
from operations.migrations.jobs import derived
from tests.operations.test_schema_gate import FILES, cluster, settings
from tests.support.held_objects import Held

SERVICE, DATABASE = "measurement-service", "manpasik_measurement"
STATE = "select version, dirty from schema_migrations"
PAIR = {
    "000001_a.up.sql": "create table a (x int);", "000001_a.down.sql": "drop table a;",
    "000002_b.up.sql": "alter table a add y int;", "000002_b.down.sql": "alter table a drop y;",
}  # fmt: skip


def rendered_job(rendered, service):
    (found,) = [
        each
        for each in rendered
        if each["kind"] == "Job" and each["metadata"]["name"].startswith(f"{service}-migrate-")
    ]
    return found


@pytest.fixture
def made(rendered, job_of, server):
    """Runs a Job for a purpose, on a database that starts empty."""
    server.query("postgres", f"drop database if exists {DATABASE}")
    base = job_of(SERVICE)
    base.write(PAIR)
    assert base.whole()[0] == 0

    def made(purpose, accept=None, files=PAIR):
        content = derived(rendered_job(rendered, SERVICE), purpose, accept)
        job = dataclasses.replace(base, pod=content["spec"]["template"]["spec"])
        job.write(files)
        if purpose in ("up", "down"):
            done = job.before()
            assert done.returncode == 0, done.stdout + done.stderr
            process = job.migrate()
            return process.wait(timeout=30), process.communicate()[0]
        for container in job.pod["initContainers"]:
            assert job.run(container).returncode == 0
        done = job.step("preflight")
        return done.returncode, done.stdout

    return made


def test_one_step_down_and_up_again_each_with_its_witness(made, server):
    assert made("down")[0] == 0
    assert server.query(DATABASE, STATE) == "1|f"
    assert server.query(DATABASE, WITNESS) == "2 down"
    assert made("up")[0] == 0
    assert server.query(DATABASE, STATE) == "2|f"
    assert server.query(DATABASE, WITNESS) == "2 up"


WITNESS = "select obj_description('schema_migrations'::regclass)"


def test_a_step_down_that_breaks_off_is_proven_out_and_mended(made, server):
    broken = PAIR | {"000002_b.down.sql": "alter table a drop y; select 1 / 0;"}
    assert made("down", files=broken)[0] == 1
    assert server.query(DATABASE, STATE) == "1|t"
    code, told = made("doctor")
    assert code == 1
    assert "repair: dirty: version 1 broke off" in told
    assert f"mpk migrate repair {SERVICE} --version 2" in told
    assert server.query(DATABASE, STATE) == "1|t", "the doctor changes nothing"
    assert made("repair")[0] == 0
    assert server.query(DATABASE, STATE) == "2|f"


def test_a_person_s_word_is_one_of_two_and_counts_only_where_nothing_is_proven(made, server):
    server.query(DATABASE, "update schema_migrations set dirty = true;"
                           "comment on table schema_migrations is null")  # fmt: skip
    assert made("doctor")[0] == 1
    assert made("repair", 7)[0] == 1
    assert server.query(DATABASE, STATE) == "2|t"
    assert made("repair", 1)[0] == 0
    assert server.query(DATABASE, STATE) == "1|f"


def test_a_doctor_that_finds_nothing_ends_well(made):
    code, told = made("doctor")
    assert code == 0
    assert "version 2, dirty: f" in told


class Running(Held):
    """Jobs that are made end at once."""

    outcome = "Complete"

    def create(self, content):
        ended = {"conditions": [{"type": self.outcome, "status": "True"}]}
        return super().create({**content, "status": ended})

    def log(self, *_):
        return "what it said"


@pytest.fixture
def held(rendered, monkeypatch, tmp_path):
    """auth-service at schema 2, then 3, in a cluster that has its Job and knows its files."""
    folder = tmp_path / "auth-service"
    folder.mkdir()
    for name, (up, down) in FILES.items():
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
    before = cluster(2, 3)
    found = Running(*before.objects.values(), rendered_job(rendered, "auth-service"))
    read = schema_gate.read_changes(settings(3), "auth-service", tmp_path)
    schema_notes.keep(found, "local", "auth-service", read)
    monkeypatch.setattr("cli.migrate_cluster.cluster_of", lambda *_: found)
    monkeypatch.setattr("cli.migrate_cluster.load", lambda _: settings(3))
    monkeypatch.setenv("MPK_DATABASE", "")
    monkeypatch.delenv("MPK_DATABASE")
    return found


def mpk(*words):
    return CliRunner().invoke(app, ["migrate", *words, "--stack", "local"])


def test_the_command_that_a_rollback_names_runs_and_is_remembered(held):
    done = mpk("down", "1", "auth-service", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["schema"] == 2
    assert schema_notes.read(held, "local", "auth-service").applied == 2
    name = json.loads(done.stdout)["job"]
    steps = held.objects["Job", name]["spec"]["template"]["spec"]["containers"]
    assert steps[0]["command"][-2:] == ["down", "1"]
    told = json.loads(mpk("status", "auth-service", "--json").stdout)
    assert (told["at_least"], told["at_most"]) == (2, 2)


def test_a_job_that_fails_is_told_and_not_remembered(held):
    held.outcome = "Failed"
    done = mpk("down", "1", "auth-service")
    assert done.exit_code == 1
    assert "failed; what it said stands above" in done.stderr
    assert schema_notes.read(held, "local", "auth-service").applied is None


def test_the_gate_is_asked_before_any_job_is_made(held):
    held.objects["ReplicaSet", "auth-service-h1"]["status"] = {"replicas": 2}
    schema_notes.keep(held, "local", "auth-service", (), applied=2)
    done = mpk("up", "auth-service")
    assert done.exit_code == 2
    assert "000003_needed, contract (takes devices.more)" in done.stderr
    assert mpk("plan", "auth-service").exit_code == 1
    assert [kind for kind, _ in held.objects].count("Job") == 1, "its own, and no other"


def test_a_service_without_a_job_is_one_sentence(held):
    held.objects = {k: v for k, v in held.objects.items() if k[0] != "Job"}
    done = mpk("doctor", "auth-service")
    assert done.exit_code == 2
    assert "no migration Job of auth-service is there" in done.stderr
