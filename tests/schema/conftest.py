"""One real PostgreSQL for the tests of migrations, and a service's rendered Job to run on it."""

import shutil
import tempfile
from pathlib import Path

import pytest

from rendering import manifests, record
from rendering.recorder import reveal
from settings import load
from tests.support.jobs import Job, migrate_program
from tests.support.postgres import postgres


@pytest.fixture(scope="session")
def rendered():
    found = manifests(record(load("local"), secrets={}, seed="seed of a test"))
    return [reveal(each.content) for each in found]


@pytest.fixture(scope="module")
def server(rendered):
    folder = Path(tempfile.mkdtemp(prefix="mpk-test-"))
    folder.chmod(0o755)
    (secret,) = [
        each["stringData"]
        for each in rendered
        if (each["kind"], each["metadata"]["name"]) == ("Secret", "postgres")
    ]
    with postgres(folder, secret["POSTGRES_USER"], secret["POSTGRES_PASSWORD"]) as found:
        yield found
    shutil.rmtree(folder)


@pytest.fixture
def job_of(rendered, server, tmp_path):
    """The Job of a service; each test takes another service, and so another database."""
    program = migrate_program()
    values = {
        each["metadata"]["name"]: each.get("data") or each.get("stringData")
        for each in rendered
        if each["kind"] in {"ConfigMap", "Secret"}
    }

    def job_of(service):
        (found,) = [
            each
            for each in rendered
            if each["kind"] == "Job" and each["metadata"]["name"].startswith(f"{service}-migrate-")
        ]
        pod = found["spec"]["template"]["spec"]
        return Job(pod=pod, values=values, server=server, folder=tmp_path, program=program)

    return job_of
